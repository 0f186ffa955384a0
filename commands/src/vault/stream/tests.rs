use super::*;
use domain::UserId;
use proptest::prelude::*;

const KEY: [u8; 32] = [7; 32];
const NAME: KeyName = KeyName {
    id: Uuid::from_u128(0x0102_0304),
    version: 3,
};
const ID: &str = "artifact-1";

fn scope() -> Scope {
    Scope::User(UserId(Uuid::from_u128(1)))
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n / 251 + n) as u8).collect()
}

/// Sealed from pieces of that length.
fn sealed_by(text: &[u8], piece: usize) -> Vec<u8> {
    let key = Zeroizing::new(KEY);
    let (mut sealer, mut out) = Sealer::new(NAME, &key, &place(scope(), ID)).unwrap();
    for mut piece in text.chunks(piece) {
        while !piece.is_empty() {
            let taken = sealer.push(piece, &mut out).unwrap();
            piece = &piece[taken..];
        }
    }
    sealer.finish(&mut out).unwrap();
    out
}

fn sealed(text: &[u8]) -> Vec<u8> {
    sealed_by(text, CHUNK)
}

/// What is given out of a file, and how it ends.
fn opened_as(
    file: &[u8],
    piece: usize,
    scope: Scope,
    id: &str,
) -> (Vec<u8>, Result<(), VaultError>) {
    let mut given = Vec::new();
    let mut open = || {
        let header = Header::parse(file).map_err(VaultError::Malformed)?;
        let mut opener = Opener::new(&header, &Zeroizing::new(KEY), scope, id);
        for mut piece in file[HEADER..].chunks(piece) {
            while !piece.is_empty() {
                let (taken, opened) = opener.push(piece)?;
                piece = &piece[taken..];
                given.extend(opened.iter().flat_map(|text| text.iter()));
            }
        }
        given.extend_from_slice(&opener.finish()?);
        Ok(())
    };
    let end = open();
    (given, end)
}

fn opened(file: &[u8]) -> (Vec<u8>, Result<(), VaultError>) {
    opened_as(file, 4096, scope(), ID)
}

/// Refused by name, and what was given out is the plaintext before the bad chunk.
fn refused_at(file: &[u8], text: &[u8], chunk: usize) {
    let (given, end) = opened(file);
    match (chunk, end) {
        (0, Err(VaultError::DoesNotOpen)) => {}
        (_, Err(VaultError::ArtifactDamaged { chunk: at })) => assert_eq!(at, chunk as u64),
        (_, end) => panic!("chunk {chunk}: {end:?}"),
    }
    assert!(given == text[..chunk * CHUNK], "chunk {chunk}");
}

/// The sealed chunk of that number.
fn chunk(file: &[u8], number: usize) -> Vec<u8> {
    let begin = HEADER + number * SEALED;
    file[begin..file.len().min(begin + SEALED)].to_vec()
}

/// A file of that header and those chunks.
fn made_of(file: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&file[..HEADER], &chunks.concat()].concat()
}

#[test]
fn lengths_around_the_borders_of_chunks_come_back_whole() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
        let text = text(length);
        let file = sealed(&text);
        assert_eq!(plain_size(file.len() as u64), length as u64);
        let (given, end) = opened(&file);
        end.unwrap();
        assert!(given == text, "{length}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for length in [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 100] {
        let text = text(length);
        let file = sealed(&text);
        let borders = (HEADER..file.len()).step_by(SEALED);
        let around = borders.flat_map(|n| [n.saturating_sub(1), n, n + 1, n + TAG, n + TAG + 1]);
        for cut in around.chain([file.len() - 1]).filter(|n| *n < file.len()) {
            match cut.checked_sub(HEADER) {
                None => assert!(matches!(
                    opened(&file[..cut]).1,
                    Err(VaultError::Malformed(BlobError::CutShort))
                )),
                // The last whole chunk was not sealed as the last.
                Some(rest) => refused_at(&file[..cut], &text, rest.saturating_sub(1) / SEALED),
            }
        }
    }
}

#[test]
fn what_is_appended_is_refused() {
    for length in [0, 5, CHUNK, CHUNK + 5] {
        let text = text(length);
        let file = sealed(&text);
        let last = chunk(&file, length.saturating_sub(1) / CHUNK);
        for more in [vec![0], vec![0; TAG], vec![0; SEALED], last] {
            let (given, end) = opened(&[file.clone(), more].concat());
            assert!(end.is_err());
            assert!(given.len() <= length - length % CHUNK && text.starts_with(&given));
        }
    }
}

#[test]
fn chunks_in_another_order_missing_or_doubled_are_refused() {
    let text = text(4 * CHUNK);
    let file = sealed(&text);
    let at = |number| chunk(&file, number);
    let made = |order: &[usize]| {
        let chunks: Vec<_> = order.iter().map(|n| at(*n)).collect();
        made_of(&file, &chunks)
    };
    opened(&made(&[0, 1, 2, 3])).1.unwrap();
    refused_at(&made(&[0, 2, 1, 3]), &text, 1);
    refused_at(&made(&[1, 0, 2, 3]), &text, 0);
    refused_at(&made(&[3, 0, 1, 2]), &text, 0);
    refused_at(&made(&[0, 1, 3]), &text, 2);
    refused_at(&made(&[0, 0, 1, 2, 3]), &text, 1);
    refused_at(&made(&[0, 1, 2, 3, 3]), &text, 3);
    refused_at(&made(&[0, 1, 2]), &text, 2);
}

#[test]
fn a_chunk_of_another_file_is_refused() {
    let text = text(3 * CHUNK);
    // The same text, key and place: only the file differs.
    let (one, two) = (sealed(&text), sealed(&text));
    let mixed = [chunk(&one, 0), chunk(&two, 1), chunk(&one, 2)];
    refused_at(&made_of(&one, &mixed), &text, 1);
    refused_at(&made_of(&two, &mixed), &text, 0);
}

#[test]
fn a_file_opens_at_its_place_only() {
    let text = text(CHUNK + 1);
    let file = sealed(&text);
    let other = Scope::User(UserId(Uuid::from_u128(2)));
    for (scope, id) in [(other, ID), (scope(), "artifact-2")] {
        let (given, end) = opened_as(&file, SEALED, scope, id);
        assert!(matches!(end, Err(VaultError::DoesNotOpen)) && given.is_empty());
    }
}

#[test]
fn every_byte_of_the_header_counts() {
    let text = text(10);
    for at in 0..HEADER {
        let mut file = sealed(&text);
        file[at] ^= 1;
        let (given, end) = opened(&file);
        assert!(given.is_empty(), "byte {at}");
        match (at, end) {
            (0, Err(VaultError::Malformed(BlobError::UnknownVersion(2)))) => {}
            (1, Err(VaultError::Malformed(BlobError::UnknownAlgorithm(0)))) => {}
            (2.., Err(VaultError::DoesNotOpen)) => {}
            (_, end) => panic!("byte {at}: {end:?}"),
        }
    }
}

#[test]
fn only_files_of_this_form_are_taken_for_it() {
    let file = sealed(b"text");
    assert!(is_chunked(&file) && !is_chunked(&[]) && !is_chunked(&blob::BEGINNING));
    assert_eq!(Header::parse(&file).unwrap().key, NAME);
    assert!(!file.windows(4).any(|window| window == b"text"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_length_in_any_pieces_comes_back_whole(
        chunks in 0..3_usize, off in -20..20_isize, written in 1..200_000_usize, read in 1..200_000_usize,
    ) {
        let text = text((chunks * CHUNK).saturating_add_signed(off));
        let file = sealed_by(&text, written);
        prop_assert_eq!(plain_size(file.len() as u64), text.len() as u64);
        let (given, end) = opened_as(&file, read, scope(), ID);
        prop_assert!(end.is_ok() && given == text);
    }

    #[test]
    fn a_changed_byte_is_refused_and_nothing_from_its_chunk_on_given_out(
        length in 0..3 * CHUNK, at in any::<proptest::sample::Index>(), change in 1..=255_u8,
    ) {
        let text = text(length);
        let mut file = sealed(&text);
        let at = HEADER + at.index(file.len() - HEADER);
        file[at] ^= change;
        refused_at(&file, &text, (at - HEADER) / SEALED);
    }

    #[test]
    fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let file = [&BEGINNING[..], &bytes].concat();
        let (given, end) = opened(&file);
        prop_assert!(given.is_empty() && end.is_err());
    }
}
