//! Records as CSV (RFC 4180). Spreadsheets take a cell that begins with one of a few signs for a formula and run
//! it; such a cell gets an apostrophe first, as OWASP advises, and so is text.

use serde_json::Value;

use super::super::events::plain;

/// What a formula can begin with, the full-width forms among them.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The first line.
pub fn head(columns: &[&str]) -> String {
    let mut text = String::new();
    for (index, column) in columns.iter().enumerate() {
        cell(index, column, &mut text);
    }
    text.push_str("\r\n");
    text
}

/// One record as a line.
pub fn row(columns: &[&str], record: &Value, text: &mut String) {
    for (index, column) in columns.iter().enumerate() {
        let mut value = record;
        for name in column.split('.') {
            value = &value[name];
        }
        match value {
            Value::Null => cell(index, "", text),
            value => cell(index, &plain(value), text),
        }
    }
    text.push_str("\r\n");
}

fn cell(index: usize, value: &str, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
    let quoted = value.contains(['"', ',', '\r', '\n']);
    if quoted {
        text.push('"');
    }
    if value.starts_with(FORMULA) {
        text.push('\'');
    }
    if quoted {
        text.push_str(&value.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_a_line_in_which_every_text_is_text() {
        let columns = ["name", "in.it", "list", "on", "none"];
        assert_eq!(head(&columns), "name,in.it,list,on,none\r\n");
        let line = |name: &str| {
            let record = json!({
                "name": name, "in": { "it": 7 }, "list": ["admin", "support"], "on": true, "none": null,
            });
            let mut text = String::new();
            row(&columns, &record, &mut text);
            let rest = ",7,\"admin, support\",true,\r\n";
            text.strip_suffix(rest).unwrap().to_owned()
        };
        for (name, cell) in [
            ("ana", "ana"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            (
                "=HYPERLINK(\"x\",\"y\")",
                "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"",
            ),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("＝1", "'＝1"),
            ("\u{202e}üñ🦀", "\u{202e}üñ🦀"),
        ] {
            assert_eq!(line(name), cell, "{name:?}");
        }
    }
}
