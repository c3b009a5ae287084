ouzel.rules {
  { tag = "storm", value = "storm OR hurricane OR #storm" },
  { tag = "rain",  value = "rain OR flood OR #rain" },
}
