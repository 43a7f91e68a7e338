variable "id" {
  type = string
}

resource "terraform_data" "inner" {
  input            = [var.id, "x"]
  triggers_replace = { a = var.id }
}

output "id" {
  value = terraform_data.inner.id
}
