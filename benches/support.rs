//! Nothing here: each benchmark is a program of its own.
