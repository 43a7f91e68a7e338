variable "password" {
  type      = string
  sensitive = true
  default   = "correct-horse"
}

variable "names" {
  type    = set(string)
  default = ["a", "b.c"]
}

resource "terraform_data" "one" {
  for_each = var.names
  input    = { name = each.key, password = var.password }
}

module "store" {
  source = "./store"
  count  = 2
  id     = terraform_data.one["a"].id
}

output "stored" {
  value = module.store[0].id
}
