autocmd BufRead,BufNewFile *.lw set filetype=linework
