//! The words of the languages that made-up Tweets are written in, and their emoji.

/// One language: how often it is used, how it is set, and its words.
#[derive(Debug)]
pub(super) struct Language {
    /// The BCP 47 code that Tweets carry.
    pub(super) code: &'static str,
    /// How many of a hundred users write it.
    pub(super) weight: u32,
    /// What stands between two words.
    pub(super) space: &'static str,
    /// What ends a sentence.
    pub(super) stop: &'static str,
    /// The most characters of one Tweet. Characters of some scripts count double, and all are six
    /// bytes on the wire, so these Tweets stay shorter.
    pub(super) longest: usize,
    /// Separated by blanks.
    pub(super) words: &'static str,
}

const fn spaced(code: &'static str, weight: u32, longest: usize, words: &'static str) -> Language {
    Language {
        code,
        weight,
        space: " ",
        stop: ".",
        longest,
        words,
    }
}

const fn dense(
    code: &'static str,
    weight: u32,
    stop: &'static str,
    words: &'static str,
) -> Language {
    Language {
        code,
        weight,
        space: "",
        stop,
        longest: 70,
        words,
    }
}

/// Where English stands in [`LANGUAGES`]: its Tweets are built from topics instead.
pub(super) const ENGLISH: usize = 0;

/// All languages; the weights add up to a hundred.
pub(super) static LANGUAGES: &[Language] = &[
    spaced(
        "en",
        44,
        230,
        "really maybe today tonight again still never always honestly finally \
        actually somehow somewhere everyone nobody people friends family neighbours work home street \
        city river morning evening weekend summer winter light music story picture question answer \
        idea plan chance moment thing time year week day small big old new good better best quiet \
        loud slow fast early late simple strange lovely",
    ),
    dense(
        "ja",
        10,
        "。",
        "今日は とても 楽しい 朝から 雨が 降って いる 友達と 一緒に 映画を 見た 美味しい ラーメン \
        食べたい 明日も 仕事 頑張ろう おはよう おやすみ ありがとう 電車が 遅れて 音楽を 聴きながら 散歩 猫が かわいい \
        写真を 撮った 新しい ゲーム 本を 読む 駅前の 喫茶店で コーヒー 空が きれい 桜が 咲いた 夏休み 旅行に 行きたい \
        天気 最高 楽しみ だった 週末に 家で ゆっくり 夜ご飯 サッカー 試合",
    ),
    spaced(
        "es",
        9,
        220,
        "hoy mañana siempre nunca gracias amigo amiga casa calle ciudad música fútbol \
        partido gente tiempo lluvia café libro noche día fin semana trabajo familia corazón vida mundo \
        verdad mejor nuevo grande pequeño bonito feliz quiero tengo vamos puede está hace donde cuando \
        porque también mucho todo canción película elección país",
    ),
    spaced(
        "pt",
        7,
        220,
        "hoje amanhã sempre nunca obrigado amigo saudade casa rua cidade música futebol \
        jogo gente tempo chuva café livro noite dia semana trabalho família coração vida mundo verdade \
        melhor novo grande pequeno bonito feliz quero tenho vamos pode está muito tudo agora depois \
        porque também canção praia sol eleição país",
    ),
    spaced(
        "ar",
        5,
        120,
        "اليوم غدا دائما أبدا شكرا صديق بيت شارع مدينة موسيقى كرة القدم مباراة الناس الوقت \
        مطر قهوة كتاب ليل نهار أسبوع عمل عائلة قلب حياة عالم حقيقة أفضل جديد كبير صغير جميل سعيد أريد عندي \
        هيا يمكن كثيرا كل شيء الآن بعد لأن أيضا أغنية بحر شمس انتخابات بلد صباح الخير مساء",
    ),
    spaced(
        "fr",
        3,
        220,
        "aujourd'hui demain toujours jamais merci ami maison rue ville musique football \
        match gens temps pluie café livre nuit jour semaine travail famille cœur vie monde vérité \
        meilleur nouveau grand petit joli heureux je veux nous allons peut être très tout maintenant \
        après parce que aussi chanson plage soleil élection pays où été déjà",
    ),
    spaced(
        "de",
        2,
        220,
        "heute morgen immer niemals danke Freund Haus Straße Stadt Musik Fußball Spiel \
        Leute Zeit Regen Kaffee Buch Nacht Tag Woche Arbeit Familie Herz Leben Welt Wahrheit besser neu \
        groß klein schön glücklich ich möchte wir können sehr alles jetzt danach weil auch Lied Strand \
        Sonne Wahl Land Züge früh spät über",
    ),
    spaced(
        "tr",
        3,
        200,
        "bugün yarın her zaman asla teşekkürler arkadaş ev sokak şehir müzik futbol maç \
        insanlar yağmur kahve kitap gece gün hafta iş aile kalp hayat dünya gerçek daha iyi yeni büyük \
        küçük güzel mutlu istiyorum var hadi olabilir çok hepsi şimdi sonra çünkü şarkı deniz güneş seçim \
        ülke ığdır için",
    ),
    spaced(
        "ko",
        3,
        70,
        "오늘 내일 항상 정말 감사합니다 친구 집에서 거리 도시 음악 축구 경기 사람들 시간 비가 커피 책을 \
        밤에 하루 이번주 회사 가족 마음 인생 세상 진짜 최고 새로운 커다란 작은 예쁜 행복한 보고 싶어 같이 가자 너무 \
        모두 지금 나중에 그래서 노래 바다 햇빛 선거 나라 사랑해",
    ),
    dense(
        "th",
        3,
        " ",
        "วันนี้ พรุ่งนี้ เสมอ ขอบคุณ เพื่อน บ้าน ถนน เมือง ดนตรี ฟุตบอล การแข่งขัน ผู้คน เวลา ฝนตก กาแฟ \
        หนังสือ กลางคืน สัปดาห์ ทำงาน ครอบครัว หัวใจ ชีวิต โลก ความจริง ดีที่สุด ใหม่ ใหญ่ เล็ก สวยงาม มีความสุข อยาก \
        ไปด้วยกัน มาก ทั้งหมด ตอนนี้ หลังจาก เพราะ เพลง ทะเล แดด เลือกตั้ง ประเทศ รัก แมว",
    ),
    spaced(
        "hi",
        2,
        110,
        "आज कल हमेशा कभी धन्यवाद दोस्त घर सड़क शहर संगीत फुटबॉल मैच लोग समय बारिश चाय किताब रात दिन \
        हफ्ता काम परिवार दिल जीवन दुनिया सच बेहतर नया बड़ा छोटा सुंदर खुश चाहिए चलो बहुत सब अभी बाद क्योंकि भी गाना \
        समुद्र सूरज चुनाव देश प्यार सुबह क्रिकेट",
    ),
    spaced(
        "ru",
        2,
        130,
        "сегодня завтра всегда никогда спасибо друг дом улица город музыка футбол матч люди \
        время дождь кофе книга ночь день неделя работа семья сердце жизнь мир правда лучше новый большой \
        маленький красивый счастье хочу есть пойдём может очень всё сейчас потом потому тоже песня море \
        солнце выборы страна утро",
    ),
    spaced(
        "id",
        4,
        220,
        "hari ini besok selalu tidak pernah terima kasih teman rumah jalan kota musik sepak \
        bola pertandingan orang waktu hujan kopi buku malam minggu kerja keluarga hati hidup dunia benar \
        lebih baik baru besar kecil cantik bahagia mau punya ayo bisa sangat semua sekarang nanti karena \
        juga lagu laut matahari pemilu negara",
    ),
    spaced(
        "it",
        2,
        220,
        "oggi domani sempre mai grazie amico casa strada città musica calcio partita gente \
        tempo pioggia caffè libro notte giorno settimana lavoro famiglia cuore vita mondo verità migliore \
        nuovo grande piccolo bello felice voglio abbiamo andiamo può molto tutto adesso dopo perché anche \
        canzone mare sole elezioni paese più",
    ),
    dense(
        "zh",
        1,
        "。",
        "今天 明天 总是 从来 谢谢 朋友 家里 街上 城市 音乐 足球 比赛 人们 时间 下雨 咖啡 书店 晚上 白天 星期 \
        工作 家人 心情 生活 世界 真的 更好 新的 很大 很小 漂亮 开心 想要 我们 一起 非常 全部 现在 以后 因为 歌曲 大海 \
        阳光 选举 国家 早上好 天气 电影",
    ),
];

/// One code point, several with a joiner, skin tones, flags, keycaps and variation selectors.
#[rustfmt::skip] // A table: several a line.
pub(super) static EMOJI: &[&str] = &[
    "😀", "😂", "🤣", "😍", "🥰", "😭", "😅", "🤔", "🙄", "😎", "🔥", "✨", "🎉", "🚀", "🌊", "🌈", "☕", "⚽", "🎶",
    "🐱", "❤️", "☀️", "✈️", "☔", "👍🏽", "👏🏿", "🙏🏻", "💪🏾", "👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🤷🏼‍♀️", "🧑🏽‍🌾",
    "🇯🇵", "🇧🇷", "🇮🇩", "🇫🇷", "🇰🇷", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🫖", "🥹",
];

/// Cashtags, invented.
pub(super) static SYMBOLS: &[&str] = &["AQUA", "GALE", "ORBT", "BEAN", "WNDY", "TIDE", "LYNX"];

/// Hashtags that fit anything.
#[rustfmt::skip] // A table: several a line.
pub(super) static HASHTAGS: &[&str] = &[
    "NowPlaying", "monday", "photo", "throwback", "news", "2023goals", "日常", "おはよう", "música",
    "เพลง", "خبر", "좋은아침",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_vocabulary() {
        assert_eq!(
            LANGUAGES
                .iter()
                .map(|language| language.weight)
                .sum::<u32>(),
            100
        );
        assert_eq!(LANGUAGES[ENGLISH].code, "en");
        for language in LANGUAGES {
            let words = language.words.split_whitespace().count();
            assert!(words >= 40, "{}: {words}", language.code);
        }
    }
}
