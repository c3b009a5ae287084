-- `ouzel.rules` may be called several times; all lists count. So each topic has a file, and its own list.
ouzel.rules {
  { tag = "climate", value = '"climate change" OR #climate' },
  { tag = "energy",  value = '"solar power" OR "wind farm" OR #renewables' },
}
