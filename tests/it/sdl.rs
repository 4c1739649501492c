//! `schema.graphql` is what the server prints.

/// The schema of the program and the file beside it are the same; `throughline sdl > schema.graphql` mends it.
#[test]
fn the_schema_file_is_what_the_server_prints() {
    let printed = api::graphql::sdl(&api::graphql::schema());
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.graphql");
    let kept = std::fs::read_to_string(file).expect("schema.graphql lies at the top");
    assert_eq!(
        kept.trim_end(),
        printed.trim_end(),
        "schema.graphql is stale: cargo run -- sdl > schema.graphql"
    );
}
