//! The header `grpc-timeout`: up to eight digits and a unit.

use std::time::Duration;

use http::HeaderMap;
use tonic::Status;

/// How long a call may take, if its client says so.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(parse);
    parsed.map(Some).ok_or_else(|| {
        Status::invalid_argument(format!("expected a grpc-timeout of up to 8 digits and one of HMSmun, got {value:?}"))
    })
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_units_are_known_and_all_else_is_refused() {
        let known = [("1H", 3600), ("2M", 120), ("99999999S", 99_999_999), ("3000m", 3), ("5000000u", 5)];
        for (text, seconds) in known {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("7n"), Some(Duration::from_nanos(7)));
        for text in ["", "S", "1", "1s", "123456789S", "-1S", "1 S", "1é", "é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
