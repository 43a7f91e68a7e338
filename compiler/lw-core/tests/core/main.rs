//! The interpreter on programs put together by hand: what it gives, where it stops, what it can decide without knowing.

mod build;
mod deciding;
mod lazy;
mod metering;
mod package;
mod primitives;
mod values;
