" Colours without a server, or before it has answered.
if exists('b:current_syntax')
  finish
endif
syntax match lineworkType /\<[A-Z][A-Za-z0-9_]*\>/
syntax match lineworkField /\<[a-z_][A-Za-z0-9_-]*\ze\s*:/
syntax match lineworkNumber /\<\d[0-9_]*\(\.\d[0-9_]*\)\?\(ms\|[smhd]\|[KMGT]iB\)\?\>/
syntax match lineworkAnnotation /@[a-z][A-Za-z0-9]*/
syntax keyword lineworkKeyword composition import export type fun as with operator let case of if then elif else for in module where validate
syntax match lineworkKeyword /^\(parameter\|lookup\|defaults\|output\|test\|resource\)\>\ze\s/
syntax keyword lineworkConstant True False None
syntax region lineworkString start=/"/ skip=/\\"/ end=/"/ contains=lineworkInterpolation,lineworkEscape
syntax region lineworkString start=/"""/ end=/"""/ contains=lineworkInterpolation,lineworkEscape
syntax match lineworkEscape /\\[^(]/ contained
syntax region lineworkInterpolation matchgroup=Special start=/\\(/ end=/)/ contained contains=TOP
syntax match lineworkComment /#.*$/
syntax match lineworkDocumentation /##\( .*\)\?$/
highlight default link lineworkType Type
highlight default link lineworkField Identifier
highlight default link lineworkNumber Number
highlight default link lineworkAnnotation PreProc
highlight default link lineworkKeyword Keyword
highlight default link lineworkConstant Constant
highlight default link lineworkString String
highlight default link lineworkEscape SpecialChar
highlight default link lineworkComment Comment
highlight default link lineworkDocumentation SpecialComment
let b:current_syntax = 'linework'
