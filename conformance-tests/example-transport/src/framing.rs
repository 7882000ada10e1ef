//! Frames as bytes: a length of four bytes, and what postcard makes of a [`Frame`].

use std::io::{self, Read};

use ipc_core::{
    Limits,
    session::{Frame, frame::OVERHEAD_BYTES},
};

/// A frame with its length.
///
/// # Panics
///
/// Never: a frame has nothing that postcard cannot encode.
pub fn encode(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + frame.weight());
    bytes.extend([0; 4]);
    let mut bytes = postcard::to_extend(frame, bytes).expect("frames can be encoded");
    let length = u32::try_from(bytes.len() - 4).expect("frames are bounded");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

/// The next frame; none at the end of the stream.
///
/// # Errors
///
/// `InvalidData` if what comes is no frame or larger than this side takes, `UnexpectedEof` in the middle of one, and those of
/// the stream.
pub fn read(stream: &mut impl Read, limits: &Limits) -> io::Result<Option<Frame>> {
    let mut header = [0; 4];
    if stream.read(&mut header[..1])? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut header[1..])?;
    let length = u32::from_le_bytes(header) as usize;
    let weight = limits.message_bytes.saturating_add(OVERHEAD_BYTES);
    // An object reference weighs 9 bytes; postcard makes up to 11 of it.
    let most = weight.saturating_add(weight / 4);
    if length > most {
        return Err(malformed(format!("expected a frame of at most {most} bytes, got one of {length}")));
    }
    let mut bytes = Vec::new();
    // Memory is taken for what came, not for what was announced.
    stream.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match postcard::take_from_bytes(&bytes) {
        Ok((frame, [])) => Ok(Some(frame)),
        Ok((_, rest)) => Err(malformed(format!("expected a frame of {length} bytes, got {} more", rest.len()))),
        Err(error) => Err(malformed(format!("expected a frame: {error}"))),
    }
}

fn malformed(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
