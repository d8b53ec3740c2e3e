//! The face of OAuth 2.0: forms, clients that prove who they are, and documents.

mod clients;
mod introspect;
mod metadata;
mod revoke;
mod token;
