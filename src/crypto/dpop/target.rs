//! When two addresses are the same (RFC 3986 §6.2.2 and §6.2.3), but for query and fragment (RFC 9449 §4.3).

/// Whether both are addresses, and the same.
pub fn is_same(one: &str, other: &str) -> bool {
    let one = normal(one);
    one.is_some() && one == normal(other)
}

fn normal(address: &str) -> Option<String> {
    let address = address.split(['?', '#']).next()?;
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let without_port = authority
        .strip_suffix(default_port)
        .or(authority.strip_suffix(':'))
        .unwrap_or(&authority);
    if without_port.is_empty() || without_port.contains('@') {
        return None;
    }
    let path = if path.is_empty() { "/" } else { path };
    Some(format!("{scheme}://{without_port}{}", normal_path(path)))
}

/// What need not be encoded is not; what is, is in capitals.
fn normal_path(path: &str) -> String {
    let mut parts = path.split('%');
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|it| u8::from_str_radix(it, 16).ok());
        let rest = part.get(2..).unwrap_or_default();
        match byte.map(char::from) {
            Some(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => {
                normal.push(plain);
                normal.push_str(rest);
            }
            Some(_) => {
                normal.push('%');
                normal.push_str(&part[..2].to_ascii_uppercase());
                normal.push_str(rest);
            }
            None => {
                normal.push('%');
                normal.push_str(part);
            }
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let own = "https://auth.example/t1/devices/a_b";
        for same in [
            own,
            "HTTPS://Auth.EXAMPLE/t1/devices/a_b",
            "https://auth.example:443/t1/devices/a_b",
            "https://auth.example:/t1/devices/a_b",
            "https://auth.example/t1/devices/a_b?limit=3",
            "https://auth.example/t1/devices/a_b?",
            "https://auth.example/t1/devices/a_b#here",
            "https://auth.example/%741/devices/a%5fb",
        ] {
            assert!(is_same(same, own), "{same}");
        }
        for other in [
            "http://auth.example/t1/devices/a_b",
            "https://auth.example:8443/t1/devices/a_b",
            "https://auth.example:80/t1/devices/a_b",
            "https://auth.example/t1/devices/A_b",
            "https://auth.example/t1/devices/a_b/",
            "https://auth.example/t1%2Fdevices/a_b",
            "https://auth.example.evil/t1/devices/a_b",
            "https://auth.example@evil/t1/devices/a_b",
            "https://auth.example",
            "//auth.example/t1/devices/a_b",
            "/t1/devices/a_b",
            "ftp://auth.example/t1/devices/a_b",
            "https:///t1/devices/a_b",
            "",
        ] {
            assert!(!is_same(other, own), "{other}");
        }
        assert!(is_same("http://[::1]:80", "http://[::1]/"));
        assert!(is_same("http://a/%c3%a9%", "http://a/%C3%A9%"));
        assert!(!is_same("", "") && !is_same("x", "x"));
    }
}
