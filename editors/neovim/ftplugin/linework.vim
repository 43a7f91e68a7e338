" Two spaces, `#` comments, and names with hyphens in them.
setlocal expandtab shiftwidth=2 softtabstop=2 tabstop=8
setlocal commentstring=#\ %s comments=:##,:#
setlocal iskeyword+=-
let b:undo_ftplugin = 'setlocal expandtab< shiftwidth< softtabstop< tabstop< commentstring< comments< iskeyword<'
lua require('linework').attach()
