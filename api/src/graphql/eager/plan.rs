//! What a selection asks of each row: columns, and branches to other rows.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned,
    parser::types::{Field, Selection, SelectionSet},
};
use futures_util::future::try_join_all;

use super::branch::Branch;
use crate::{
    domain::access::scope::Listed,
    graphql::{context::RequestLoaders, error::SharedError},
};

/// Writes a column's value.
pub type Plain<T> = fn(&T, &mut Vec<u8>);

/// An object type whose rows can be read ahead.
pub trait Eager: OutputType + From<Arc<Self::Row>> + Clone + 'static {
    /// What its rows are.
    type Row: Listed;

    /// The row behind it.
    fn row(&self) -> &Self::Row;

    /// The writer of a field that needs nothing but the row.
    fn plain(field: &str) -> Option<Plain<Self>>;

    /// The edge behind a field, when all that is asked of the other side can be read ahead too.
    fn branch(ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> Option<Box<dyn Branch<Self>>>;
}

/// Parts of an object, each with its response key as [`key`] writes it.
pub(super) type Keyed<T> = Vec<(Vec<u8>, T)>;

/// A selection on rows of one type.
pub struct Plan<T: Eager> {
    fields: Keyed<What<T>>,
}

enum What<T> {
    TypeName(Cow<'static, str>),
    Plain(Plain<T>),
    Branch(Box<dyn Branch<T>>),
}

impl<T: Eager> Plan<T> {
    /// The plan of a selection; none when it asks for more than can be read ahead.
    #[must_use]
    pub fn of(ctx: &ContextSelectionSet<'_>) -> Option<Self> {
        let fields = flat(ctx, &T::type_name())?;
        let fields = fields.into_iter().map(|field| {
            let name = field.node.name.node.as_str();
            let what = if name == "__typename" {
                What::TypeName(T::type_name())
            } else if field.node.selection_set.node.items.is_empty() {
                What::Plain(T::plain(name)?)
            } else {
                What::Branch(T::branch(ctx, field)?)
            };
            Some((key(field), what))
        });
        Some(Self { fields: fields.collect::<Option<_>>()? })
    }

    /// Loads what the branches need for these rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(&mut self, loaders: &RequestLoaders, rows: &[T]) -> Result<(), SharedError> {
        let branches = self.fields.iter_mut().filter_map(|(_, what)| match what {
            What::Branch(branch) => Some(branch.load(loaders, rows)),
            What::TypeName(_) | What::Plain(_) => None,
        });
        try_join_all(branches).await.map(|_| ())
    }

    /// Appends a row; what it needs was loaded.
    pub fn write(&self, row: &T, out: &mut Vec<u8>) {
        write_object(&self.fields, out, |what, out| match what {
            What::TypeName(name) => write_name(name, out),
            What::Plain(write) => write(row, out),
            What::Branch(branch) => branch.write(row, out),
        });
    }
}

/// Appends an object, each field by `write`.
pub(super) fn write_object<W>(fields: &[(Vec<u8>, W)], out: &mut Vec<u8>, write: impl Fn(&W, &mut Vec<u8>)) {
    out.push(b'{');
    for (at, (key, what)) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key);
        write(what, out);
    }
    out.push(b'}');
}

/// Appends the name of a type.
pub(super) fn write_name(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// The response key of a field as it stands in an object, `"title":`. Names need no escapes.
pub(super) fn key(field: &Positioned<Field>) -> Vec<u8> {
    format!("\"{}\":", field.node.response_key().node).into_bytes()
}

/// The fields of a selection on a type, fragments spread; none where a directive is still to be asked.
pub(super) fn flat<'a>(ctx: &ContextSelectionSet<'a>, type_name: &str) -> Option<Vec<&'a Positioned<Field>>> {
    let mut fields = Vec::new();
    spread(ctx, type_name, ctx.item, &mut fields)?;
    Some(fields)
}

fn spread<'a>(
    ctx: &ContextSelectionSet<'a>,
    type_name: &str,
    set: &'a Positioned<SelectionSet>,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> Option<()> {
    for selection in &set.node.items {
        // @skip and @include are dealt with before execution; another directive would want to be asked.
        if !selection.node.directives().is_empty() {
            return None;
        }
        let (condition, set) = match &selection.node {
            Selection::Field(field) => {
                // Where a key is asked for twice it is the same leaf: nothing else is read ahead.
                let key = &field.node.response_key().node;
                if !fields.iter().any(|known| known.node.response_key().node == *key) {
                    fields.push(field);
                }
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node)?;
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
        };
        let applies = condition.is_none_or(|condition| {
            let condition = condition.node.on.node.as_str();
            condition == type_name
                || ctx
                    .schema_env
                    .registry
                    .implements
                    .get(type_name)
                    .is_some_and(|interfaces| interfaces.contains(condition))
        });
        if applies {
            spread(ctx, type_name, set, fields)?;
        }
    }
    Some(())
}

/// Declares `Eager::plain` from the resolvers of a type: those that ask for nothing but the row, whose
/// bodies are taken as they are.
macro_rules! plain_fields {
    ($type:ident {$(
        $(#[$meta:meta])* $visibility:vis async fn $field:ident (
            & $this:ident $(, $(#[$argmeta:meta])* $argument:ident : $argtype:ty)* $(,)?
        ) -> $output:ty $body:block
    )*}) => {
        fn plain(field: &str) -> Option<$crate::graphql::eager::Plain<Self>> {
            $(
                if $crate::graphql::eager::is_named(stringify!($field), field) {
                    return $crate::graphql::eager::plain_fields!(
                        @writer $type $this $field ($($argument)*) $output, $body
                    );
                }
            )*
            None
        }
    };
    (@writer $type:ident $this:ident $field:ident () $output:ty, $body:block) => {{
        trait Column {
            fn column_of(&self) -> $output;
        }
        impl Column for $type {
            fn column_of(&$this) -> $output $body
        }
        Some(|row, out| $crate::graphql::eager::Json::write(&Column::column_of(row), out))
    }};
    (@writer $type:ident $this:ident $field:ident ($($argument:ident)+) $output:ty, $body:block) => { None };
}
pub(crate) use plain_fields;
