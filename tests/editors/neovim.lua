-- What a user of Neovim does, without a screen: opens the web example, sees a mistake, completes a field, jumps into the library, renames
-- across files, formats. Ends with 0, or says what went wrong and ends with 1.
--
-- usage: nvim --clean --headless --cmd "set runtimepath+=editors/neovim" -c "luafile neovim.lua", in a copy of the example, with
-- LINEWORK_BINARY, LINEWORK_RENAME_FROM and LINEWORK_RENAME_TO set

vim.opt.swapfile = false
require('linework').setup({ cmd = { os.getenv('LINEWORK_BINARY'), 'lsp' } })

local function fail(message)
  io.stderr:write(message .. '\n')
  vim.cmd('cquit 1')
end

local function wait(what, condition)
  if not vim.wait(30000, condition, 20) then
    error('waited in vain for ' .. what)
  end
end

local function lines()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

--- Puts the cursor on the first place of a text, some bytes on.
local function go(text, plus)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = line:find(text, 1, true)
    if at then
      vim.api.nvim_win_set_cursor(0, { number, at - 1 + (plus or 0) })
      return
    end
  end
  error('no `' .. text .. '` in ' .. vim.api.nvim_buf_get_name(0))
end

local function ask(method, params)
  local answers, problem = vim.lsp.buf_request_sync(0, method, params or vim.lsp.util.make_position_params(), 30000)
  for _, answer in pairs(answers or {}) do
    if answer.error then
      error(method .. ': ' .. answer.error.message)
    end
    return answer.result
  end
  error(method .. ': ' .. tostring(problem))
end

local function test()
  vim.cmd('edit main.lw')
  assert(vim.bo.filetype == 'linework', 'the file type is `' .. vim.bo.filetype .. '`')
  wait('the server', function() return #vim.lsp.buf_get_clients(0) > 0 or next(vim.lsp.buf_get_clients(0)) ~= nil end)

  -- A mistake is seen, and gone when it is mended.
  local source = lines()
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', '# 🦀', 'extra: SNS.Topic {topicNmae: "x"}' })
  wait('a diagnostic', function()
    local found = vim.diagnostic.get(0)
    return #found > 0 and found[1].message:find('topicNmae', 1, true) ~= nil
  end)
  vim.api.nvim_buf_set_lines(0, -2, -1, false, { 'extra: SNS.Topic {}' })
  wait('no diagnostic', function() return #vim.diagnostic.get(0) == 0 end)

  -- A field is completed.
  go('extra: SNS.Topic {}', #'extra: SNS.Topic {')
  local completed = ask('textDocument/completion')
  local labels = {}
  for _, item in ipairs(completed.items or completed) do
    labels[item.label] = true
  end
  assert(labels.topicName and labels.displayName and not labels.topicArn, 'completion: ' .. vim.inspect(vim.tbl_keys(labels)))

  -- Definition leads into the library, read-only, and the server serves that file too.
  go('extra: SNS.Topic', #'extra: SNS.T')
  local main = vim.api.nvim_get_current_buf()
  vim.lsp.buf.definition()
  wait('the library', function() return vim.api.nvim_buf_get_name(0):find('/stdlib/AWS/SNS.lw', 1, true) ~= nil end)
  assert(vim.api.nvim_get_current_line():find('resource Topic "AWS::SNS::Topic"', 1, true), vim.api.nvim_get_current_line())
  assert(vim.bo.readonly, 'the library can be written')
  local hover = ask('textDocument/hover', {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = vim.api.nvim_win_get_cursor(0)[1] - 1, character = 10 },
  })
  assert(hover and vim.inspect(hover):find('AWS::SNS::Topic', 1, true), 'hover: ' .. vim.inspect(hover))
  vim.api.nvim_set_current_buf(main)

  -- Formatting is that of the command line.
  vim.api.nvim_buf_set_lines(0, -2, -1, false, { 'extra:   SNS.Topic   {}' })
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 30000 })
  else
    vim.lsp.buf.formatting_sync(nil, 30000)
  end
  assert(lines():sub(-#'extra: SNS.Topic {}') == 'extra: SNS.Topic {}', 'not formatted: ' .. lines():sub(-40))
  assert(lines():sub(1, #source) == source, 'formatting touched what was in form')

  -- A rename reaches the other file.
  local old, new = os.getenv('LINEWORK_RENAME_FROM'), os.getenv('LINEWORK_RENAME_TO')
  go('Network.' .. old, #'Network.')
  vim.lsp.buf.rename(new)
  wait('the rename', function() return lines():find('Network.' .. new, 1, true) ~= nil end)
  vim.cmd('wall')
  local other = table.concat(vim.fn.readfile('Web/Network.lw'), '\n')
  assert(other:find(new, 1, true) and not other:find('fun ' .. old .. ' ', 1, true), 'the other file kept the name')
  wait('a clean program', function() return #vim.diagnostic.get(0) == 0 end)
end

local ok, message = xpcall(test, debug.traceback)
if ok then
  vim.cmd('qall!')
else
  fail(message)
end
