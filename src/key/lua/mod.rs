//! Lua data: `return` and one value of tables, texts, numbers, truth values and nil
//! (<https://www.lua.org/manual/5.4/manual.html#3>). Nothing is run: whatever would have to be evaluated is refused.

mod data;
mod error;
mod parser;
mod text;
mod value;

pub use error::LuaError;
use parser::Parser;
pub use value::{Field, Value};

/// Reads a file as Prosody's internal storage writes it: the value that it returns.
///
/// # Errors
/// When it is anything else than plain data.
pub fn read(text: &str) -> Result<Value, LuaError> {
    let mut parser = Parser::new(text);
    parser.blanks()?;
    if parser.word() != b"return" {
        return parser.expected("\"return\", with which a file of Prosody's internal storage begins");
    }
    parser.blanks()?;
    let value = parser.value(0)?;
    parser.blanks()?;
    parser.take(b';');
    parser.blanks()?;
    if parser.peek().is_some() {
        return parser.expected("the end of the file");
    }
    Ok(value)
}
