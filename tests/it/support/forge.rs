//! Tokens that only somebody with Doorward's own key can make, and those that somebody without
//! it would try.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::{
    crypto::{secret::Secret, server_key::ServerKey},
    db::signing_keys,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Server, phone::Phone};

/// The key that a server signs with, taken out of its database.
pub struct Forger {
    header: Value,
    claims: Value,
    token: String,
    key: EncodingKey,
    jwk: Value,
}

impl Forger {
    /// Who has the server's ES256 key, and a token of this phone to begin with.
    pub async fn of(server: &Server, phone: &Phone<'_>) -> Self {
        let mut rows = server.rows.acquire().await.unwrap();
        let stored = signing_keys::list(&mut rows).await.unwrap();
        let active = stored.iter().find(|key| key.state == "active").unwrap();
        let secret = ServerKey::new(&Secret::new([7; 32]));
        let private = secret
            .signing_keys()
            .open(active.id.as_bytes(), &active.private_key_sealed)
            .unwrap_or_else(|_| panic!("another secret key"));
        let jwks = server.get("/.well-known/jwks.json").await.expect(200);
        let jwks = jwks.body["keys"].as_array().unwrap();
        let jwk = jwks.iter().find(|jwk| jwk["kid"] == active.kid.as_str());
        Self {
            header: phone.header(),
            claims: phone.claims(),
            token: phone.access_token.clone(),
            key: EncodingKey::from_ec_der(private.expose()),
            jwk: jwk.unwrap().clone(),
        }
    }

    /// A token whose signature is right.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut typed: Header = serde_json::from_value(header.clone()).unwrap();
        typed.alg = Algorithm::ES256;
        jsonwebtoken::encode(&typed, claims, &self.key).unwrap()
    }

    /// The header of a token of another type.
    pub fn header_of(&self, typ: &str) -> Value {
        changed(&self.header, "typ", json!(typ))
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        self.sign(&changed(&self.header, name, value), &self.claims)
    }

    /// A token with another claim, or without it, whose signature is right.
    pub fn with_claim(&self, name: &str, value: Value) -> String {
        self.sign(&self.header, &changed(&self.claims, name, value))
    }

    /// A token that names this key.
    pub fn of_key(&self, kid: &str) -> String {
        self.with_header("kid", json!(kid))
    }

    /// What has to be taken beside Doorward's own tokens.
    pub fn good(&self) -> Vec<(&'static str, String)> {
        vec![
            ("the token itself", self.token.clone()),
            ("signed here", self.sign(&self.header, &self.claims)),
            (
                "of two audiences",
                self.with_claim("aud", json!(["other", self.claims["aud"]])),
            ),
        ]
    }

    /// What has to be taken by whoever looks at `typ`.
    pub fn good_types(&self) -> Vec<(&'static str, String)> {
        vec![
            (
                "the whole media type",
                self.with_header("typ", json!("application/at+jwt")),
            ),
            ("in capitals", self.with_header("typ", json!("AT+JWT"))),
        ]
    }

    /// What a client with no more than the usual settings refuses.
    pub fn bad(&self) -> Vec<(&'static str, String)> {
        let now = self.claims["iat"].as_i64().unwrap();
        let parts: Vec<&str> = self.token.split('.').collect();
        let admin = encoded(&changed(&self.claims, "roles", json!(["admin"])));
        let none = encoded(&changed(&self.header, "alg", json!("none")));
        let mut bad = vec![
            ("no token", "x".to_owned()),
            ("expired", self.with_claim("exp", json!(now - 120))),
            ("not yet valid", self.with_claim("nbf", json!(now + 600))),
            (
                "of another audience",
                self.with_claim("aud", json!("other")),
            ),
            ("of no audience", self.with_claim("aud", Value::Null)),
            (
                "of another issuer",
                self.with_claim("iss", json!("https://doorward.example")),
            ),
            ("of no issuer", self.with_claim("iss", Value::Null)),
            ("of an unknown key", self.of_key("x")),
            (
                "with other claims",
                format!("{}.{admin}.{}", parts[0], parts[2]),
            ),
            (
                "with another signature",
                format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
            ),
            ("unsigned", format!("{none}.{}.", parts[1])),
        ];
        for (name, secret) in self.public_keys() {
            bad.push((name, self.with_secret(&secret)));
        }
        bad
    }

    /// What only those refuse who look at everything (RFC 9068 §4).
    pub fn bad_for_the_careful(&self) -> Vec<(&'static str, String)> {
        vec![
            ("of no end", self.with_claim("exp", Value::Null)),
            ("of type JWT", self.with_header("typ", json!("JWT"))),
            (
                "of type secevent+jwt",
                self.with_header("typ", json!("secevent+jwt")),
            ),
            ("of no type", self.with_header("typ", Value::Null)),
            (
                "bound to a key",
                self.with_claim(
                    "cnf",
                    json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }),
                ),
            ),
        ]
    }

    /// Signed with HS256, by who takes what everybody knows for the secret.
    fn with_secret(&self, secret: &[u8]) -> String {
        let header = encoded(&changed(&self.header, "alg", json!("HS256")));
        let signed = format!("{header}.{}", encoded(&self.claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let signature = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key in the forms that a library may hold it in.
    fn public_keys(&self) -> Vec<(&'static str, Vec<u8>)> {
        /// What stands before an uncompressed point of P-256 (RFC 5480 §2).
        const SPKI: [u8; 26] = [
            48, 89, 48, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7,
            3, 66, 0,
        ];
        let [x, y] = ["x", "y"].map(|name| {
            let text = self.jwk[name].as_str().unwrap();
            URL_SAFE_NO_PAD.decode(text).unwrap()
        });
        let point = [&[4][..], &x, &y].concat();
        let der = [&SPKI[..], &point].concat();
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let text = pem::encode_config(&pem::Pem::new("PUBLIC KEY", der.as_slice()), config);
        vec![
            ("HS256 by the PEM", text.clone().into_bytes()),
            ("HS256 by the PEM, trimmed", text.trim().as_bytes().to_vec()),
            ("HS256 by the JWK", self.jwk.to_string().into_bytes()),
            ("HS256 by the DER", der),
            ("HS256 by the point", point),
        ]
    }
}

/// The same with another value, or without it.
fn changed(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    let fields = object.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
    object
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
