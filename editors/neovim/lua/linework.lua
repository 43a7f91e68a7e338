-- Linework in Neovim: starts `lw lsp` for the project of a file. From 0.7 on; later versions bring what this one does by hand.
local M = { config = { cmd = { 'lw', 'lsp' } } }

local clients = {}

--- Other settings than the usual: `cmd`, and whatever `vim.lsp.start_client` takes.
function M.setup(config)
  M.config = vim.tbl_extend('force', M.config, config or {})
end

--- The folder of the nearest `lw.toml`, or else the file's.
local function root_of(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local above = folder
  while true do
    if vim.fn.filereadable(above .. '/lw.toml') == 1 then
      return above
    end
    local parent = vim.fn.fnamemodify(above, ':h')
    if parent == above then
      return folder
    end
    above = parent
  end
end

--- Attaches a buffer to its project's server. A file of the library's cache goes to the server that led there.
function M.attach(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  local file = vim.api.nvim_buf_get_name(buffer)
  if file:find('/linework/.*/stdlib/') then
    vim.bo[buffer].readonly = true
    local _, id = next(clients)
    if id then
      vim.lsp.buf_attach_client(buffer, id)
    end
    return
  end
  local root = root_of(buffer)
  local config = vim.tbl_extend('force', M.config, {
    name = 'linework',
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
  })
  if not clients[root] or not vim.lsp.get_client_by_id(clients[root]) then
    clients[root] = vim.lsp.start_client(config)
  end
  if clients[root] then
    vim.lsp.buf_attach_client(buffer, clients[root])
    vim.bo[buffer].omnifunc = 'v:lua.vim.lsp.omnifunc'
  end
end

return M
