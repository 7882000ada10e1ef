//! Cuts the stream into messages.
//!
//! Bytes that were read but are no whole message yet stay here, since a poll cannot see them. A large message is read
//! where it will stay.

use std::io;

use capnp::Word;
use ipc_core::{Exception, ExceptionKind, Result, Stream};

use crate::message::{Received, buffer};

/// The most segments that a message may have: what Cap'n Proto's readers take.
const MAX_SEGMENTS: usize = 512;
const BUFFER_BYTES: usize = 32 << 10;
/// How much of a large message is allocated before any of it has come.
const FIRST_ALLOCATION_BYTES: usize = 4 << 20;
const WORD: usize = size_of::<Word>();

/// The stream's bytes that are no messages yet.
pub(super) struct Frames {
    limit: usize,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    partial: Option<Partial>,
    /// The sizes in words of the segments of the message whose header has come.
    sizes: Vec<usize>,
}

/// A message whose header has come.
struct Partial {
    words: Vec<Word>,
    filled: usize,
    total: usize,
}

/// How long a read may take.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// Until something comes.
    Forever,
    /// The same, on a thread that nobody else's replies or calls wait for.
    ForeverAlone,
    /// Until then.
    Until(std::time::Instant),
    /// Not at all.
    None,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Some,
    Nothing,
    End,
}

impl Frames {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), start: 0, end: 0, partial: None, sizes: Vec::new() }
    }

    /// Reads once.
    pub(super) fn read(&mut self, stream: &Stream, patience: Patience) -> io::Result<Read> {
        match patience {
            Patience::Until(deadline) => {
                let left = deadline.saturating_duration_since(std::time::Instant::now());
                if !stream.wait_readable(Some(left))? {
                    return Ok(Read::Nothing);
                }
            }
            // A thread that blocks in a receive on a unix socket is woken in vain each time that the peer reads what this
            // side has sent: there is room to write again. One that polls is not, which saves two switches a call.
            Patience::ForeverAlone if self.partial.is_none() => drop(stream.wait_readable(None)?),
            Patience::ForeverAlone | Patience::Forever | Patience::None => {}
        }
        let got = {
            let space = self.space();
            match patience {
                Patience::Forever | Patience::ForeverAlone => stream.recv(space),
                Patience::Until(_) | Patience::None => stream.try_recv(space),
            }
        };
        match got {
            Ok(0) => Ok(Read::End),
            Ok(n) => {
                match &mut self.partial {
                    Some(partial) => partial.filled += n,
                    None => self.end += n,
                }
                Ok(Read::Some)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Read::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Where the next bytes go.
    fn space(&mut self) -> &mut [u8] {
        if let Some(partial) = &mut self.partial {
            partial.grow();
            return &mut Word::words_to_bytes_mut(&mut partial.words)[partial.filled..];
        }
        if self.buffer.is_empty() {
            self.buffer = vec![0; BUFFER_BYTES];
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut self.buffer[self.end..]
    }

    /// The next whole message.
    ///
    /// # Errors
    ///
    /// `Protocol` for a header that is none, `TooLarge` for a message past the limit: the connection cannot go on.
    pub(super) fn next(&mut self) -> Result<Option<Received>> {
        if self.partial.is_none() {
            self.partial = self.header()?;
        }
        let Some(partial) = &mut self.partial else { return Ok(None) };
        if partial.filled < partial.total {
            return Ok(None);
        }
        let Some(partial) = self.partial.take() else { return Ok(None) };
        Ok(Some(Received::new(partial.words, &self.sizes)))
    }

    /// Takes a header, and what has come of its message, from the buffer.
    fn header(&mut self) -> Result<Option<Partial>> {
        let bytes = &self.buffer[self.start..self.end];
        let Some(first) = number(bytes, 0) else { return Ok(None) };
        let count = (first as usize).saturating_add(1);
        if count > MAX_SEGMENTS {
            let message = format!("expected a message of at most {MAX_SEGMENTS} segments, got {count}");
            return Err(Exception::new(ExceptionKind::Protocol, message));
        }
        let header = (count / 2 + 1) * WORD;
        if bytes.len() < header {
            return Ok(None);
        }
        self.sizes.clear();
        self.sizes.extend((0..count).filter_map(|n| number(bytes, 1 + n)).map(|size| size as usize));
        let total = self.sizes.iter().sum::<usize>().saturating_mul(WORD);
        if total > self.limit {
            let message = format!("the peer sent a message of {total} bytes, at most {} are taken", self.limit);
            return Err(Exception::new(ExceptionKind::TooLarge, message));
        }
        self.start += header;
        let mut partial = Partial { words: Vec::new(), filled: 0, total };
        let here = &self.buffer[self.start..self.end];
        let now = here.len().min(total);
        partial.reserve(now);
        Word::words_to_bytes_mut(&mut partial.words)[..now].copy_from_slice(&here[..now]);
        partial.filled = now;
        self.start += now;
        Ok(Some(partial))
    }

    /// Gives the buffer's memory back, if nothing is in it.
    pub(super) fn shrink(&mut self) {
        if self.start == self.end {
            self.buffer = Vec::new();
            (self.start, self.end) = (0, 0);
        }
    }
}

impl Partial {
    fn reserve(&mut self, filled: usize) {
        let bytes = self.total.min(FIRST_ALLOCATION_BYTES.max(filled));
        self.words = buffer(bytes / WORD);
    }

    /// Makes room for more, if what there is has been filled: a header alone allocates little.
    fn grow(&mut self) {
        if self.filled < self.words.len() * WORD {
            return;
        }
        let bytes = self.total.min(self.words.len() * WORD * 4);
        let mut words = buffer(bytes / WORD);
        words[..self.words.len()].copy_from_slice(&self.words);
        self.words = words;
    }
}

/// The `n`th 32-bit number.
fn number(bytes: &[u8], n: usize) -> Option<u32> {
    let bytes = bytes.get(n * 4..n * 4 + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use capnp::message::ReaderSegments;

    use super::*;

    /// A message of these segments, each of so many words that hold their number.
    fn framed(sizes: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((sizes.len() as u32 - 1).to_le_bytes());
        for size in sizes {
            bytes.extend(size.to_le_bytes());
        }
        if sizes.len().is_multiple_of(2) {
            bytes.extend([0; 4]);
        }
        for (n, size) in sizes.iter().enumerate() {
            bytes.extend(std::iter::repeat_n(n as u8, *size as usize * WORD));
        }
        bytes
    }

    fn sizes(message: &Received) -> Vec<usize> {
        (0..message.len()).map(|n| message.get_segment(n as u32).map_or(0, <[u8]>::len) / WORD).collect()
    }

    #[test]
    fn messages_come_whole_however_the_bytes_come() {
        let shapes: [&[u32]; 4] = [&[1], &[3, 0, 2], &[20_000, 7], &[5, 5]];
        let bytes: Vec<u8> = shapes.iter().flat_map(|sizes| framed(sizes)).collect();
        for piece in [1, 7, 4096, bytes.len()] {
            let (writer, reader) = Stream::pair().unwrap();
            let mut frames = Frames::new(1 << 20);
            let mut got = Vec::new();
            for piece in bytes.chunks(piece) {
                let mut sent = 0;
                while sent < piece.len() {
                    sent += writer.try_send(&piece[sent..]).unwrap_or(0);
                    while frames.read(&reader, Patience::None).unwrap() == Read::Some {
                        while let Some(message) = frames.next().unwrap() {
                            got.push(sizes(&message));
                        }
                    }
                }
            }
            assert_eq!(got, [vec![1], vec![3, 0, 2], vec![20_000, 7], vec![5, 5]], "in pieces of {piece}");
            drop(writer);
            assert_eq!(frames.read(&reader, Patience::Forever).unwrap(), Read::End);
        }
    }

    fn refused(bytes: &[u8], limit: usize) -> Exception {
        let (writer, reader) = Stream::pair().unwrap();
        writer.send(bytes).unwrap();
        let mut frames = Frames::new(limit);
        frames.read(&reader, Patience::Forever).unwrap();
        frames.next().unwrap_err()
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused_before_anything_is_allocated() {
        let segments = refused(&u32::MAX.to_le_bytes(), 1 << 20);
        assert_eq!(segments.kind(), ExceptionKind::Protocol);
        let large = refused(&framed(&[0, 1])[..8].iter().copied().chain([0xff; 8]).collect::<Vec<_>>(), 1 << 20);
        assert_eq!(large.kind(), ExceptionKind::TooLarge);
        let (writer, reader) = Stream::pair().unwrap();
        writer.send(&framed(&[1 << 23])[..8]).unwrap();
        let mut frames = Frames::new(1 << 30);
        frames.read(&reader, Patience::Forever).unwrap();
        assert!(frames.next().unwrap().is_none());
        assert!(frames.partial.unwrap().words.len() * WORD <= FIRST_ALLOCATION_BYTES);
    }
}
