-- The two tables of the network. A module of its own: saving it loads the script again, too.

local edges = {}

ouzel.db.exec [[
  CREATE TABLE IF NOT EXISTS nodes (
    hashtag TEXT NOT NULL, lang TEXT NOT NULL, tweets INTEGER NOT NULL, first_seen TEXT, last_seen TEXT,
    PRIMARY KEY (hashtag, lang)
  )
]]
ouzel.db.exec [[
  CREATE TABLE IF NOT EXISTS edges (
    source TEXT NOT NULL, target TEXT NOT NULL, lang TEXT NOT NULL, tweets INTEGER NOT NULL,
    PRIMARY KEY (source, target, lang)
  )
]]

function edges.add(names, lang, at)
  for i, name in ipairs(names) do
    ouzel.db.exec([[
      INSERT INTO nodes VALUES (?1, ?2, 1, ?3, ?3)
      ON CONFLICT DO UPDATE SET tweets = tweets + 1, last_seen = excluded.last_seen
    ]], name, lang, at)
    for j = i + 1, #names do
      ouzel.db.exec([[
        INSERT INTO edges VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET tweets = tweets + 1
      ]], name, names[j], lang)
    end
  end
end

return edges
