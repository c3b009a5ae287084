//! Made-up Tweets, reduced to the parts that rules look at.

use sonic_rs::Value;

pub(super) fn parsed(payload: &str) -> Value {
    sonic_rs::from_str(payload).unwrap()
}

/// A Tweet with an exact point, a Place, an unwound URL and a Profile Geo location. Its full text is longer than `text`.
pub(super) const EXTENDED: &str = r#"{
 "id": 1635659407703232513, "id_str": "1635659407703232513",
 "text": "Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Li… https://t.co/XyZw987654",
 "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
 "truncated": true,
 "in_reply_to_status_id": null, "in_reply_to_status_id_str": null, "in_reply_to_screen_name": null,
 "user": {
  "id": 3161234567, "id_str": "3161234567", "name": "Alder Creek Weather", "screen_name": "aldercreekwx",
  "location": "Boulder, CO",
  "description": "Volunteer gauge network. Flood alerts for the Alder Creek basin.",
  "derived": {"locations": [{
   "country": "United States", "country_code": "US", "locality": "Boulder", "region": "Colorado",
   "sub_region": "Boulder County", "full_name": "Boulder, Colorado, United States",
   "geo": {"coordinates": [-105.27055, 40.01499], "type": "point"}
  }]},
  "verified": true,
  "followers_count": 48210, "friends_count": 311, "listed_count": 640, "statuses_count": 15877
 },
 "geo": {"type": "Point", "coordinates": [40.0212, -105.2507]},
 "coordinates": {"type": "Point", "coordinates": [-105.2507, 40.0212]},
 "place": {
  "id": "fd70c22040963ac7", "place_type": "city", "name": "Boulder", "full_name": "Boulder, CO",
  "country_code": "US", "country": "United States",
  "bounding_box": {"type": "Polygon", "coordinates": [[
   [-105.301758, 39.964069], [-105.301758, 40.094551], [-105.178505, 40.094551], [-105.178505, 39.964069]
  ]]}
 },
 "is_quote_status": false,
 "extended_tweet": {
  "full_text": "Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Live map https://t.co/AbCdEf1234 #flashflood #wx $AQUA cc @minaok_radio",
  "entities": {
   "hashtags": [{"text": "flashflood", "indices": [146, 157]}, {"text": "wx", "indices": [158, 161]}],
   "urls": [{
    "url": "https://t.co/AbCdEf1234", "expanded_url": "https://bit.ly/3aLdEr", "display_url": "bit.ly/3aLdEr",
    "unwound": {
     "url": "https://maps.example.org/alder-creek/live?layer=gauge", "status": 200,
     "title": "Alder Creek live gauge map",
     "description": "River level, rainfall and road closures, refreshed every five minutes."
    }
   }],
   "user_mentions": [{"screen_name": "minaok_radio", "id": 2233445566, "id_str": "2233445566"}],
   "symbols": [{"text": "AQUA", "indices": [162, 167]}]
  }
 },
 "entities": {
  "hashtags": [],
  "urls": [{"url": "https://t.co/XyZw987654", "expanded_url": "https://twitter.com/i/web/status/1635659407703232513"}],
  "user_mentions": [], "symbols": []
 },
 "lang": "en"
}"#;

/// A Retweet of [`EXTENDED`] by somebody else.
pub(super) fn retweet() -> String {
    format!(
        r#"{{
 "id": 1635660060264099842, "id_str": "1635660060264099842",
 "text": "RT @aldercreekwx: Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Live map…",
 "source": "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>",
 "in_reply_to_status_id": null,
 "user": {{
  "id": 2233445566, "id_str": "2233445566", "name": "Mina Okafor", "screen_name": "minaok_radio",
  "location": "Leeds, England", "description": "Radio producer • trains, weather, tea", "verified": false,
  "followers_count": 913, "friends_count": 870, "listed_count": 21, "statuses_count": 40331
 }},
 "geo": null, "coordinates": null, "place": null,
 "retweeted_status": {EXTENDED},
 "is_quote_status": false,
 "entities": {{
  "hashtags": [], "urls": [], "symbols": [],
  "user_mentions": [{{"screen_name": "aldercreekwx", "id": 3161234567, "id_str": "3161234567"}}]
 }},
 "lang": "en"
}}"#
    )
}

/// A reply with a video that quotes another Tweet.
pub(super) const REPLY: &str = r##"{
 "id": 1635662252976881668, "id_str": "1635662252976881668",
 "text": "@galelabs knees, every time. The sky over Leeds ☔ right now https://t.co/VidVid0001",
 "source": "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>",
 "in_reply_to_status_id": 1635627357829705733, "in_reply_to_status_id_str": "1635627357829705733",
 "in_reply_to_user_id": 990001112223334445, "in_reply_to_user_id_str": "990001112223334445",
 "in_reply_to_screen_name": "galelabs",
 "user": {"id": 2233445566, "id_str": "2233445566", "screen_name": "minaok_radio", "verified": false},
 "geo": null, "coordinates": null, "place": null,
 "quoted_status_id_str": "1635652044470226947",
 "quoted_status": {
  "id": 1635652044470226947, "id_str": "1635652044470226947",
  "text": "Which #forecast do you trust more for tonight? https://t.co/Radar00001",
  "in_reply_to_status_id": null,
  "user": {"id": 990001112223334445, "id_str": "990001112223334445", "screen_name": "galelabs", "description": "We measure wind.", "verified": true},
  "place": {"id": "03cf12f05dfee2d5", "name": "Leeds", "full_name": "Leeds, England", "country_code": "GB"},
  "entities": {
   "hashtags": [{"text": "forecast", "indices": [6, 15]}], "user_mentions": [], "symbols": [],
   "urls": [{
    "url": "https://t.co/Radar00001", "expanded_url": "https://radar.example.org/",
    "unwound": {"url": "https://radar.example.org/now", "status": 200, "title": "Rain radar", "description": "Echoes"}
   }]
  },
  "extended_entities": {"media": [{"type": "photo"}]}
 },
 "quoted_status_permalink": {"url": "https://t.co/QuOtE00001", "expanded": "https://twitter.com/galelabs/status/1635652044470226947"},
 "is_quote_status": true,
 "entities": {
  "hashtags": [], "urls": [], "symbols": [],
  "user_mentions": [{"screen_name": "galelabs", "id": 990001112223334445, "id_str": "990001112223334445"}],
  "media": [{"url": "https://t.co/VidVid0001", "type": "photo"}]
 },
 "extended_entities": {"media": [{"url": "https://t.co/VidVid0001", "type": "video"}]},
 "lang": "en"
}"##;

/// [`retweet`] in the Activity Streams format.
pub(super) const ACTIVITY: &str = r##"{
 "id": "tag:search.twitter.com,2005:1635660060264099842",
 "objectType": "activity",
 "verb": "share",
 "generator": {"displayName": "Twitter for iPhone", "link": "http://twitter.com/download/iphone"},
 "link": "http://twitter.com/minaok_radio/statuses/1635660060264099842",
 "body": "RT @aldercreekwx: Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Live map…",
 "actor": {
  "objectType": "person",
  "id": "id:twitter.com:2233445566",
  "link": "http://www.twitter.com/minaok_radio",
  "displayName": "Mina Okafor",
  "summary": "Radio producer • trains, weather, tea",
  "friendsCount": 870,
  "followersCount": 913,
  "listedCount": 21,
  "statusesCount": 40331,
  "verified": false,
  "preferredUsername": "minaok_radio",
  "location": {"objectType": "place", "displayName": "Leeds, England"}
 },
 "object": {
  "id": "tag:search.twitter.com,2005:1635659407703232513",
  "objectType": "activity",
  "verb": "post",
  "generator": {"displayName": "Twitter Web App", "link": "https://mobile.twitter.com"},
  "link": "http://twitter.com/aldercreekwx/statuses/1635659407703232513",
  "body": "Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Li… https://t.co/XyZw987654",
  "actor": {
   "objectType": "person",
   "id": "id:twitter.com:3161234567",
   "link": "http://www.twitter.com/aldercreekwx",
   "displayName": "Alder Creek Weather",
   "summary": "Volunteer gauge network. Flood alerts for the Alder Creek basin.",
   "friendsCount": 311,
   "followersCount": 48210,
   "listedCount": 640,
   "statusesCount": 15877,
   "verified": true,
   "preferredUsername": "aldercreekwx",
   "location": {"objectType": "place", "displayName": "Boulder, CO"}
  },
  "long_object": {
   "body": "Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Live map https://t.co/AbCdEf1234 #flashflood #wx $AQUA cc @minaok_radio",
   "twitter_entities": {
    "hashtags": [{"text": "flashflood"}, {"text": "wx"}],
    "urls": [{"url": "https://t.co/AbCdEf1234", "expanded_url": "https://bit.ly/3aLdEr"}],
    "user_mentions": [{"screen_name": "minaok_radio", "name": "Mina Okafor", "id": 2233445566, "id_str": "2233445566"}],
    "symbols": [{"text": "AQUA"}]
   }
  },
  "object": {
   "objectType": "note",
   "id": "object:search.twitter.com,2005:1635659407703232513",
   "summary": "Flash flood warning for Alder Creek until 18:30 UTC. Stay off low bridges: the gauge rose 1.4 m in 20 minutes. 🌊 Li… https://t.co/XyZw987654",
   "link": "http://twitter.com/aldercreekwx/statuses/1635659407703232513"
  },
  "location": {
   "objectType": "place",
   "displayName": "Boulder, CO",
   "name": "Boulder",
   "country_code": "United States",
   "twitter_country_code": "US",
   "twitter_place_type": "city",
   "link": "https://api.twitter.com/1.1/geo/id/fd70c22040963ac7.json",
   "geo": {
    "type": "Polygon",
    "coordinates": [[[-105.301758, 39.964069], [-105.301758, 40.094551], [-105.178505, 40.094551], [-105.178505, 39.964069]]]
   }
  },
  "geo": {"type": "Point", "coordinates": [40.0212, -105.2507]},
  "twitter_entities": {
   "hashtags": [],
   "urls": [{"url": "https://t.co/XyZw987654", "expanded_url": "https://twitter.com/i/web/status/1635659407703232513"}],
   "user_mentions": [],
   "symbols": []
  },
  "twitter_lang": "en"
 },
 "twitter_entities": {
  "hashtags": [],
  "urls": [],
  "user_mentions": [{"screen_name": "aldercreekwx", "name": "Alder Creek Weather", "id": 3161234567, "id_str": "3161234567"}],
  "symbols": []
 },
 "twitter_lang": "en",
 "gnip": {
  "urls": [
   {
    "url": "https://t.co/AbCdEf1234",
    "expanded_url": "https://maps.example.org/alder-creek/live?layer=gauge",
    "expanded_status": 200,
    "expanded_url_title": "Alder Creek live gauge map",
    "expanded_url_description": "River level, rainfall and road closures, refreshed every five minutes."
   }
  ],
  "profileLocations": [
   {
    "objectType": "place",
    "geo": {"type": "point", "coordinates": [-1.54785, 53.79648]},
    "address": {"country": "United Kingdom", "countryCode": "GB", "locality": "Leeds", "region": "England"},
    "displayName": "Leeds, England, United Kingdom"
   }
  ]
 }
}"##;
