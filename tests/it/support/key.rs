//! A key of an app's own, and the proofs that it makes of having it (RFC 9449).

use aws_lc_rs::{
    rsa::{self, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::crypto;
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};

use super::{PASSWORD, Server, User, phone::Phone, reply::Reply};

/// A key pair, and what it signs with.
pub struct Key {
    private: EncodingKey,
    algorithm: Algorithm,
    name: &'static str,
    /// The public half.
    pub jwk: Value,
}

impl Default for Key {
    fn default() -> Self {
        Self::of("ES256")
    }
}

impl Key {
    /// A key for one of the algorithms that proofs may be signed with.
    pub fn of(name: &'static str) -> Self {
        let algorithm: Algorithm = match name {
            "Ed25519" => Algorithm::EdDSA,
            name => name.parse().unwrap(),
        };
        let private = match algorithm {
            Algorithm::EdDSA => {
                let random = aws_lc_rs::rand::SystemRandom::new();
                let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&random).unwrap();
                EncodingKey::from_ed_der(pkcs8.as_ref())
            }
            Algorithm::PS256 | Algorithm::RS256 => {
                use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
                let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
                let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
                let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_ref()));
                EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
            }
            _ => {
                let curve = match algorithm {
                    Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
                    _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
                };
                let pair = EcdsaKeyPair::generate(curve).unwrap();
                EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
            }
        };
        let jwk = json!(Jwk::from_encoding_key(&private, algorithm).unwrap());
        let members = ["crv", "e", "kty", "n", "x", "y"];
        let members = members.map(|name| (name.to_owned(), jwk[name].clone()));
        let members = members.into_iter().filter(|(_, value)| !value.is_null());
        Self {
            private,
            algorithm,
            name,
            jwk: Value::Object(members.collect()),
        }
    }

    /// Its thumbprint (RFC 7638 §3): the hash of the necessary members by their names, without spaces.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(crypto::sha256(self.jwk.to_string().as_bytes()))
    }

    /// What stands at the beginning of a proof.
    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.name, "jwk": self.jwk })
    }

    /// What a proof says of a request at this moment.
    pub fn claims(server: &Server, method: &str, path: &str) -> Value {
        json!({
            "jti": server.clock.id(),
            "htm": method,
            "htu": format!("{}{path}", server.app.config.issuer),
            "iat": server.clock.now().timestamp(),
        })
    }

    /// Signs, whatever it is.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, self.algorithm);
        format!("{message}.{}", signature.unwrap())
    }

    /// A proof with these claims.
    pub fn proof_of(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    /// A good proof for a request that asks for tokens.
    pub fn proof(&self, server: &Server, path: &str) -> String {
        self.proof_of(&Self::claims(server, "POST", path))
    }

    /// A good proof for a request with an access token.
    pub fn proof_with(&self, server: &Server, (method, path): (&str, &str), token: &str) -> String {
        let mut claims = Self::claims(server, method, path);
        claims["ath"] = hash(token).into();
        self.proof_of(&claims)
    }
}

/// What a proof says of the access token that it goes with.
pub fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(crypto::sha256(token.as_bytes()))
}

/// Posts JSON with these proofs.
pub async fn post(server: &Server, path: &str, body: &Value, proofs: &[&str]) -> Reply {
    let mut request = server.request("POST", path).json(body);
    for &proof in proofs {
        request = request.header("DPoP", proof);
    }
    Reply::of(request).await
}

impl<'a> User<'a> {
    /// What a sign-in with these proofs is answered.
    pub async fn try_with(&self, proofs: &[&str]) -> Reply {
        let device = json!({ "name": "phone", "kind": "phone" });
        let body = json!({ "username": self.name, "password": PASSWORD, "device": device });
        post(self.server, "/login", &body, proofs).await
    }

    /// Signs in on a new device that has a key.
    pub async fn sign_in_with(&self, key: &Key) -> Phone<'a> {
        let answer = self.try_with(&[&key.proof(self.server, "/login")]).await;
        Phone::from_answer(self.server, self.id, &answer.expect(200))
    }
}

impl Phone<'_> {
    /// Presents a refresh token with these proofs, without storing the answer.
    pub async fn present_with(&self, refresh_token: &str, proofs: &[&str]) -> Reply {
        let body = json!({ "refresh_token": refresh_token });
        post(self.server, "/token", &body, proofs).await
    }

    /// Presents a refresh token with a good proof, without storing the answer.
    pub async fn present_by(&self, refresh_token: &str, key: &Key) -> Reply {
        let proof = key.proof(self.server, "/token");
        self.present_with(refresh_token, &[&proof]).await
    }

    /// Refreshes with a good proof; a new pair is stored.
    pub async fn refresh_by(&mut self, key: &Key) -> Reply {
        let answer = self.present_by(&self.refresh_token, key).await;
        if answer.status == 200 {
            self.store(&answer);
        }
        answer
    }

    /// Asks with the access token, in this scheme, with these proofs.
    pub async fn show(&self, path: &str, scheme: &str, proofs: &[&str]) -> Reply {
        let authorization = format!("{scheme} {}", self.access_token);
        let mut request = self.server.request("GET", path);
        request = request.header("Authorization", authorization);
        for &proof in proofs {
            request = request.header("DPoP", proof);
        }
        Reply::of(request).await
    }

    /// Asks with the access token and a good proof.
    pub async fn get_by(&self, path: &str, key: &Key) -> Reply {
        let without_query = path.split('?').next().unwrap();
        let proof = key.proof_with(self.server, ("GET", without_query), &self.access_token);
        self.show(path, "DPoP", &[&proof]).await
    }
}
