//! The one-time code for the first administrator: 25 characters that are read off a
//! terminal and typed into a page, 125 random bits.

use super::{random, secret::Secret, sha256};

/// Crockford's base 32: no I, L, O or U to be misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 25;

/// A new code, in groups of five.
pub fn generate() -> Secret<String> {
    let characters =
        random::<LENGTH>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
    let groups: Vec<String> = characters
        .chunks(5)
        .map(|group| group.iter().collect())
        .collect();
    Secret::new(groups.join("-"))
}

/// What the row keeps of a code, however it was typed; `None` for what cannot be one.
pub fn hash(typed: &str) -> Option<[u8; 32]> {
    let mut code = String::with_capacity(LENGTH);
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        code.push(match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        });
    }
    let whole = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    whole.then(|| sha256(Secret::new(code).expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        let code = generate();
        let code = code.expose();
        assert_eq!(code.len(), 29);
        assert_eq!(hash(code), hash(&code.to_lowercase().replace('-', " ")));
        assert_eq!(hash(&code.replace('0', "o").replace('1', "l")), hash(code));
        assert_ne!(hash(code), hash(generate().expose()));
        assert_eq!(hash(&code[1..]), None);
        assert_eq!(hash("U"), None);
    }
}
