//! Who may call a handler, as its parameters: a handler without one does not look like
//! its neighbours (invariant I10). A guard speaks through the request's cache and the
//! catcher repeats it, since Rocket's catchers are told nothing.

pub mod attempt;
pub mod bearer;
pub mod caller;
pub mod client;
pub mod fields;
pub mod form;
pub mod length;
pub mod params;
pub mod proof;
pub mod role;
pub mod served;
pub mod session;
