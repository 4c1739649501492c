//! A measured value with six decimal places.

use std::{fmt, str::FromStr};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A measured value, stored as an integer in units of 10⁻⁶, so that no value is rounded on its way.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Decimal(pub i64);

const SCALE: i64 = 1_000_000;

impl Decimal {
    /// The value as a float, for formulas.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "formulas work on fractions that are rounded to 1e-9 afterwards"
    )]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

/// Why a text is no decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// It is not written as digits with at most one point.
    Syntax,
    /// It has more than six decimal places.
    Precision,
    /// It lies outside ±9,223,372,036,854.775807.
    Range,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "write a decimal as digits with at most one point, such as \"12.5\"",
            Self::Precision => "a decimal has at most six places after the point",
            Self::Range => "a decimal lies between -9223372036854.775808 and 9223372036854.775807",
        })
    }
}

impl std::error::Error for DecimalError {}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(places) {
            return Err(DecimalError::Syntax);
        }
        let places = places.trim_end_matches('0');
        if places.len() > 6 {
            return Err(DecimalError::Precision);
        }
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(format!("{places:0<6}").bytes()) {
            units = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(i128::from(byte - b'0')))
                .ok_or(DecimalError::Range)?;
        }
        let units = if negative { -units } else { units };
        i64::try_from(units).map(Self).map_err(|_| DecimalError::Range)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let (whole, places) = (units / scale, units % scale);
        if places == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{places:06}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_agree() {
        for (text, units) in [
            ("0", 0),
            ("-0", 0),
            ("12.5", 12_500_000),
            ("-3.000001", -3_000_001),
            ("9223372036854.775807", i64::MAX),
            ("-9223372036854.775808", i64::MIN),
            ("1.5000000000", 1_500_000),
        ] {
            assert_eq!(text.parse(), Ok(Decimal(units)), "{text}");
        }
        assert_eq!(Decimal(i64::MIN).to_string(), "-9223372036854.775808");
        assert_eq!(Decimal(12_500_000).to_string(), "12.5");
        assert_eq!(Decimal(-1).to_string(), "-0.000001");
        for (text, error) in [
            ("", DecimalError::Syntax),
            ("1e3", DecimalError::Syntax),
            ("+1", DecimalError::Syntax),
            (".5", DecimalError::Syntax),
            ("1.", DecimalError::Syntax),
            ("0.0000001", DecimalError::Precision),
            ("9223372036854.775808", DecimalError::Range),
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(error), "{text}");
        }
    }
}
