//! Plain objects decoded into a user's type.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Error;

use super::plain::{
    Rest, after, after_key, after_number, after_text, after_value, has_plain_text, spaceless,
};

/// Decodes an object if it is [plain](super::plain) and fits `T`: to the value to which `serde_json`
/// decodes it. `None` means nothing: `serde_json` decides.
///
/// The members and their texts are read here, which is most of a document. Any other value is cut
/// out and given to `serde_json`.
pub(crate) fn from_plain_object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    if !has_plain_text(text) {
        return None;
    }
    let mut value = None;
    let rest = read_plain_object(text, "", &mut value)?;
    value.filter(|_| spaceless(rest.as_bytes()).is_empty())
}

/// The same for the object that `text` begins with, which goes to where it is wanted; answers with what
/// stands behind it. The text has been found plain; `serde_json` decides of an object that has a member
/// of this name.
#[inline]
pub(crate) fn read_plain_object<'a, T: Deserialize<'a>>(
    text: &'a str,
    odd_name: &'static str,
    value: &mut Option<T>,
) -> Option<&'a str> {
    let mut members = Members::of(text, odd_name)?;
    *value = T::deserialize(Object(&mut members)).ok();
    (value.is_some() && members.is_over).then(|| members.behind())?
}

/// What a member of an object is in its flat view.
pub(crate) enum Part {
    /// A text that is shown under the name with this index.
    Text(usize),
    /// An object whose members are shown in the place of this one.
    Fields,
    /// Not shown.
    Hidden,
}

/// The same for an object that is shown with the members of its fields beside its texts, which have
/// `names`. `serde_json` decides of one in which a field has such a name, or a part comes twice.
pub(crate) fn read_plain_nested<'a, T: Deserialize<'a>>(
    text: &'a str,
    names: [&'static str; 3],
    part: fn(&str) -> Option<Part>,
    value: &mut Option<T>,
) -> Option<&'a str> {
    let members = Members::of(text, "")?;
    let mut nested = Nested { members, names, part, seen: [false; 3], fields: Fields::Before };
    *value = T::deserialize(Object(&mut nested)).ok();
    let is_whole = nested.fields == Fields::Behind && nested.members.is_over;
    (value.is_some() && is_whole).then(|| nested.members.behind())?
}

/// Where members come from, one after the other. `None` means that `serde_json` decides.
trait Source<'a> {
    /// The next key, if there is one; its value is next.
    fn key(&mut self) -> Option<Option<&'a str>>;

    /// The JSON of the next value.
    fn value(&mut self) -> Option<&'a str>;
}

struct Nested<'a> {
    members: Members<'a>,
    names: [&'static str; 3],
    part: fn(&str) -> Option<Part>,
    /// Which of the names have been shown.
    seen: [bool; 3],
    fields: Fields,
}

/// Where its members are, as seen from the fields.
#[derive(PartialEq)]
enum Fields {
    Before,
    Inside,
    Behind,
}

impl<'a> Source<'a> for Nested<'a> {
    #[inline]
    fn key(&mut self) -> Option<Option<&'a str>> {
        loop {
            match self.members.key()? {
                Some(key) if self.fields == Fields::Inside => {
                    return (!self.names.contains(&key)).then_some(Some(key));
                }
                Some(key) => match (self.part)(key)? {
                    Part::Text(at) => {
                        let is_text = matches!(self.members.rest, [b'"', ..]);
                        let is_second = core::mem::replace(self.seen.get_mut(at)?, true);
                        return (is_text && !is_second).then_some(self.names.get(at).copied());
                    }
                    Part::Fields if self.fields == Fields::Before => {
                        self.members.rest = after(self.members.rest, b'{')?;
                        self.members.is_first = true;
                        self.fields = Fields::Inside;
                    }
                    Part::Fields => return None,
                    Part::Hidden => {
                        self.members.value()?;
                    }
                },
                None if self.fields == Fields::Inside => {
                    (self.members.is_first, self.members.is_over) = (false, false);
                    self.fields = Fields::Behind;
                }
                None => return Some(None),
            }
        }
    }

    #[inline]
    fn value(&mut self) -> Option<&'a str> {
        self.members.value()
    }
}

struct Members<'a> {
    text: &'a str,
    /// What is not yet read: from a comma or the closing brace on, or from a value.
    rest: Rest<'a>,
    is_first: bool,
    is_over: bool,
    /// No member is to be called so.
    odd_name: &'static str,
}

impl<'a> Members<'a> {
    fn of(text: &'a str, odd_name: &'static str) -> Option<Self> {
        let rest = after(text.as_bytes(), b'{')?;
        Some(Self { text, rest, is_first: true, is_over: false, odd_name })
    }

    fn behind(&self) -> Option<&'a str> {
        self.text.get(self.position(self.rest)..)
    }

    fn position(&self, rest: Rest<'_>) -> usize {
        self.text.len() - rest.len()
    }
}

impl<'a> Source<'a> for Members<'a> {
    #[inline]
    fn key(&mut self) -> Option<Option<&'a str>> {
        let member = match spaceless(self.rest) {
            [b'}', rest @ ..] => {
                (self.rest, self.is_over) = (rest, true);
                return Some(None);
            }
            member if self.is_first => member,
            [b',', member @ ..] => member,
            _ => return None,
        };
        self.is_first = false;
        let start = after(member, b'"')?;
        let end = after_key(start)?;
        self.rest = spaceless(after(end, b':')?);
        let key = self.text.get(self.position(start)..self.position(end) - 1)?;
        (self.odd_name.is_empty() || key != self.odd_name).then_some(Some(key))
    }

    #[inline]
    fn value(&mut self) -> Option<&'a str> {
        let start = self.rest;
        self.rest = match start {
            [b'"', text @ ..] => after_text(text)?,
            number @ [b'-' | b'0'..=b'9', ..] => after_number(number)?,
            other => after_value(other)?,
        };
        self.text.get(self.position(start)..self.position(self.rest))
    }
}

/// Nobody sees it.
fn not_plain() -> Error {
    Error::custom("not plain")
}

/// The object as a whole.
struct Object<'m, S>(&'m mut S);

impl<'de, S: Source<'de>> MapAccess<'de> for Object<'_, S> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.0.key().ok_or_else(not_plain)?;
        key.map(|key| seed.deserialize(BorrowedStrDeserializer::new(key))).transpose()
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Value(self.0.value().ok_or_else(not_plain)?))
    }
}

impl<'de, S: Source<'de>> Deserializer<'de> for Object<'_, S> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self)
    }

    // An object is none of these; where `serde_json` makes something of it, it is asked.
    fn deserialize_option<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(not_plain())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Error> {
        Err(not_plain())
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(not_plain())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The JSON of one value, which is known to be whole and plain.
struct Value<'a>(&'a str);

impl<'de> Value<'de> {
    fn text(&self) -> Option<&'de str> {
        self.0.strip_prefix('"')?.strip_suffix('"')
    }

    /// The number, if it is one with few digits and no exponent.
    #[inline]
    fn number(&self) -> Option<Number> {
        /// Below 2^53, and with a power of ten that an `f64` holds too: so their quotient is rounded
        /// once, and right.
        const DIGITS: usize = 15;
        let (is_negative, digits) = match self.0.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if digits.len() > DIGITS {
            return None;
        }
        let (mut whole, mut ten_to, mut has_point) = (0_u64, 1_u64, false);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    whole = whole * 10 + u64::from(byte - b'0');
                    ten_to *= if has_point { 10 } else { 1 };
                }
                b'.' => has_point = true,
                _ => return None,
            }
        }
        if has_point {
            let float = whole as f64 / ten_to as f64;
            return Some(Number::Float(if is_negative { -float } else { float }));
        }
        match (is_negative, i64::try_from(whole).ok()?) {
            // It has a sign in `serde_json`.
            (true, 0) => None,
            (true, whole) => Some(Number::Integer(-whole)),
            (false, whole) => Some(Number::Integer(whole)),
        }
    }
}

/// The most of the numbers that there are.
enum Number {
    Integer(i64),
    Float(f64),
}

/// Reads such a number here, and gives any other value to `serde_json`.
macro_rules! read_number {
    ($($method:ident,)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.number() {
                Some(Number::Integer(integer)) => match u64::try_from(integer) {
                    Ok(natural) => visitor.visit_u64(natural),
                    Err(_) => visitor.visit_i64(integer),
                },
                Some(Number::Float(float)) => visitor.visit_f64(float),
                None => serde_json::Deserializer::from_str(self.0).$method(visitor),
            }
        }
    )+};
}

/// Gives a value to `serde_json`.
macro_rules! give {
    ($($method:ident($($name:ident: $type:ty),*),)+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Error> {
            let mut deserializer = serde_json::Deserializer::from_str(self.0);
            let value = deserializer.$method($($name,)* visitor)?;
            deserializer.end()?;
            Ok(value)
        }
    )+};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text().ok_or_else(not_plain)?)
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0 == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(not_plain()),
        }
    }

    read_number! {
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64,
        deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64,
        deserialize_f64,
    }

    give! {
        deserialize_any(), deserialize_char(), deserialize_unit(),
        deserialize_i128(), deserialize_u128(), deserialize_f32(),
        deserialize_bytes(), deserialize_byte_buf(), deserialize_seq(), deserialize_map(),
        deserialize_identifier(),
        deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct(name: &'static str),
        deserialize_tuple(len: usize),
        deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
    }
}

#[cfg(test)]
mod tests;
