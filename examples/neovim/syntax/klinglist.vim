" The headings and the states in the window of :KlingList.

if exists("b:current_syntax")
  finish
endif
let b:current_syntax = "klinglist"

syntax match klingHeading /^\S.*/
syntax match klingState /\v^ +(\d+|\d+-\d+-\d+ \d+:\d+)  +\zs\l+/
highlight default link klingHeading Title
highlight default link klingState Identifier
