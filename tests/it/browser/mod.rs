//! The pages in a real browser, as people see and use them.

mod german;
mod hostile;
mod keyboard;
mod live;
mod pages;
mod print;
mod scenes;
mod screenshots;
mod stolen_phone;
mod zones;
