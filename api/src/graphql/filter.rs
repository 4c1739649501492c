//! Filters and sorts: one grammar for every list.
//!
//! An input object of a filter becomes a [`Predicate`]; what it means in SQL, and whose rows it may
//! look at, is the domain's business.

use async_graphql::{Context, ID, InputObject, InputType};
use chrono::NaiveDate;
use entity::Instant;
use sea_orm::Value;

use super::{
    context::{page_limits, scope},
    id::{NodeKind, key_of},
    page::{Slice, SortNulls, SortOrder},
    scalars::{DateOrDuration, DateTimeOrDuration, Decimal},
};
use crate::domain::{
    error::{DomainError, Result},
    page::{PageArgs, SortKey, SortKind},
    predicate::{CountTest, Field, Predicate, Quantifier, Test},
    relation::Table,
};

/// What relative dates in a filter are relative to.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: Instant,
    /// Today in the organization's time zone.
    pub today: NaiveDate,
}

/// An input object that filters rows.
pub trait Filter: Send + Sync {
    /// What it means.
    ///
    /// # Errors
    /// When a value in it cannot be read.
    fn predicate(&self, moment: Moment) -> Result<Predicate>;
}

/// An input object that orders rows.
pub trait Sort: Send + Sync {
    /// The key it stands for.
    fn key(&self) -> SortKey;
}

/// The arguments of a list.
///
/// # Errors
/// When they are out of range or a value cannot be read.
pub fn args<F: Filter + InputType, S: Sort>(
    ctx: &Context<'_>,
    slice: Slice,
    filter: Option<F>,
    sort: Option<Vec<S>>,
    include_archived: bool,
) -> Result<PageArgs> {
    let predicate = match filter {
        None => (Predicate::always(), None),
        Some(filter) => {
            let scope = scope(ctx)?;
            let clock = scope.clock();
            let moment = Moment { now: clock.now(), today: clock.today(scope.viewer().time_zone) };
            (filter.predicate(moment)?, Some(filter.to_value().to_string()))
        }
    };
    let sort = sort.unwrap_or_default().iter().map(Sort::key).collect();
    slice.args(page_limits(ctx)?, predicate, sort, include_archived)
}

/// A comparator: an input object that tests one column.
pub trait Comparator {
    /// The tests it makes.
    ///
    /// # Errors
    /// When a value in it cannot be read.
    fn tests(&self, columns: &Columns, moment: Moment) -> Result<Vec<Predicate>>;
}

/// The columns behind a field of a filter.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// The column itself.
    pub plain: Field,
    /// The same text in lower case, where it is kept.
    pub folded: Option<Field>,
    /// The type that an id must be of.
    pub id: Option<NodeKind>,
}

impl Columns {
    /// A column of a table.
    #[must_use]
    pub const fn plain(table: Table, column: &'static str) -> Self {
        Self { plain: Field::new(table, column), folded: None, id: None }
    }

    /// A text and its lower-case twin.
    #[must_use]
    pub const fn folded(table: Table, column: &'static str, folded: &'static str) -> Self {
        Self { plain: Field::new(table, column), folded: Some(Field::new(table, folded)), id: None }
    }

    /// A key.
    #[must_use]
    pub const fn id(table: Table, column: &'static str, kind: NodeKind) -> Self {
        Self { plain: Field::new(table, column), folded: None, id: Some(kind) }
    }
}

fn push(tests: &mut Vec<Predicate>, field: Field, test: Option<Test>) {
    tests.extend(test.map(|test| Predicate::Is(field, test)));
}

/// Bytes of a text to compare with at most: SQLite refuses a pattern beyond 50,000, and every character may
/// need three there.
const TEXT_MAX: usize = 10_000;

/// What no database takes is refused at the door: NUL, which PostgreSQL texts cannot hold, and texts too
/// long for a pattern.
fn clean(text: &str) -> Result<String> {
    if text.len() > TEXT_MAX {
        return Err(DomainError::BadInput(format!("a text to compare with has at most {TEXT_MAX} bytes")));
    }
    if text.contains('\0') {
        return Err(DomainError::BadInput("a text may not contain the NUL character".into()));
    }
    Ok(text.to_owned())
}

fn clean_all(list: &[String]) -> Result<Vec<Value>> {
    list.iter().map(|text| clean(text).map(Value::from)).collect()
}

/// Tests of an id.
#[derive(InputObject, Debug, Clone, Default)]
pub struct IdComparator {
    /// Is this one.
    pub eq: Option<ID>,
    /// Is not this one; rows without a value fit.
    pub neq: Option<ID>,
    /// Is one of these.
    #[graphql(name = "in")]
    pub any_of: Option<Vec<ID>>,
    /// Is none of these; rows without a value fit.
    pub nin: Option<Vec<ID>>,
    /// True: has no value. False: has one.
    pub null: Option<bool>,
}

impl Comparator for IdComparator {
    fn tests(&self, columns: &Columns, _moment: Moment) -> Result<Vec<Predicate>> {
        let key = |id: &ID| match columns.id {
            Some(kind) => key_of(id, kind).map(Value::from),
            None => Err(DomainError::Internal("an id filter without a type".into())),
        };
        let keys = |ids: &[ID]| ids.iter().map(key).collect::<Result<Vec<_>>>();
        let mut tests = Vec::new();
        push(&mut tests, columns.plain, self.eq.as_ref().map(key).transpose()?.map(Test::Eq));
        push(&mut tests, columns.plain, self.neq.as_ref().map(key).transpose()?.map(Test::Ne));
        push(&mut tests, columns.plain, self.any_of.as_deref().map(keys).transpose()?.map(Test::In));
        push(&mut tests, columns.plain, self.nin.as_deref().map(keys).transpose()?.map(Test::NotIn));
        push(&mut tests, columns.plain, self.null.map(Test::Null));
        Ok(tests)
    }
}

/// Tests of a text. Wildcards are plain characters.
#[derive(InputObject, Debug, Clone, Default)]
pub struct StringComparator {
    /// Is this text.
    pub eq: Option<String>,
    /// Is not this text; rows without a value fit.
    pub neq: Option<String>,
    /// Is one of these.
    #[graphql(name = "in")]
    pub any_of: Option<Vec<String>>,
    /// Is none of these; rows without a value fit.
    pub nin: Option<Vec<String>>,
    /// Is this text, upper or lower case.
    pub eq_ignore_case: Option<String>,
    /// Contains this text.
    pub contains: Option<String>,
    /// Contains this text, upper or lower case.
    pub contains_ignore_case: Option<String>,
    /// Begins with this text.
    pub starts_with: Option<String>,
    /// Begins with this text, upper or lower case.
    pub starts_with_ignore_case: Option<String>,
    /// Ends with this text.
    pub ends_with: Option<String>,
    /// True: has no value. False: has one.
    pub null: Option<bool>,
}

impl Comparator for StringComparator {
    fn tests(&self, columns: &Columns, _moment: Moment) -> Result<Vec<Predicate>> {
        let plain = columns.plain;
        let text = |text: &Option<String>| text.as_deref().map(clean).transpose();
        let mut tests = Vec::new();
        push(&mut tests, plain, text(&self.eq)?.map(|text| Test::Eq(text.into())));
        push(&mut tests, plain, text(&self.neq)?.map(|text| Test::Ne(text.into())));
        push(&mut tests, plain, self.any_of.as_deref().map(clean_all).transpose()?.map(Test::In));
        push(&mut tests, plain, self.nin.as_deref().map(clean_all).transpose()?.map(Test::NotIn));
        push(&mut tests, plain, text(&self.contains)?.map(Test::Contains));
        push(&mut tests, plain, text(&self.starts_with)?.map(Test::StartsWith));
        push(&mut tests, plain, text(&self.ends_with)?.map(Test::EndsWith));
        push(&mut tests, plain, self.null.map(Test::Null));
        let folding = [&self.eq_ignore_case, &self.contains_ignore_case, &self.starts_with_ignore_case];
        if folding.iter().any(|text| text.is_some()) {
            let Some(folded) = columns.folded else {
                return Err(DomainError::BadInput("this field is compared with its case only".into()));
            };
            let fold = |text: Option<String>| text.map(|text| text.to_lowercase());
            push(&mut tests, folded, fold(text(&self.eq_ignore_case)?).map(|text| Test::Eq(text.into())));
            push(&mut tests, folded, fold(text(&self.contains_ignore_case)?).map(Test::Contains));
            push(&mut tests, folded, fold(text(&self.starts_with_ignore_case)?).map(Test::StartsWith));
        }
        Ok(tests)
    }
}

/// Tests of a name in a program's words: a code, a tool's id.
#[derive(InputObject, Debug, Clone, Default)]
pub struct KeyComparator {
    /// Is this one.
    pub eq: Option<String>,
    /// Is not this one; rows without a value fit.
    pub neq: Option<String>,
    /// Is one of these.
    #[graphql(name = "in")]
    pub any_of: Option<Vec<String>>,
    /// Is none of these; rows without a value fit.
    pub nin: Option<Vec<String>>,
    /// Begins with this text.
    pub starts_with: Option<String>,
    /// True: has no value. False: has one.
    pub null: Option<bool>,
}

impl Comparator for KeyComparator {
    fn tests(&self, columns: &Columns, moment: Moment) -> Result<Vec<Predicate>> {
        let Self { eq, neq, any_of, nin, starts_with, null } = self.clone();
        StringComparator { eq, neq, any_of, nin, starts_with, null, ..StringComparator::default() }
            .tests(columns, moment)
    }
}

/// Tests of a yes or no.
#[derive(InputObject, Debug, Clone, Default)]
pub struct BooleanComparator {
    /// Is this.
    pub eq: Option<bool>,
}

impl Comparator for BooleanComparator {
    fn tests(&self, columns: &Columns, _moment: Moment) -> Result<Vec<Predicate>> {
        let mut tests = Vec::new();
        push(&mut tests, columns.plain, self.eq.map(|value| Test::Eq(value.into())));
        Ok(tests)
    }
}

/// Tests of the existence of a value: archived or not, deactivated or not.
#[derive(InputObject, Debug, Clone, Default)]
pub struct PresenceComparator {
    /// True: it has happened. False: it has not.
    pub eq: Option<bool>,
}

impl Comparator for PresenceComparator {
    fn tests(&self, columns: &Columns, _moment: Moment) -> Result<Vec<Predicate>> {
        let mut tests = Vec::new();
        push(&mut tests, columns.plain, self.eq.map(|happened| Test::Null(!happened)));
        Ok(tests)
    }
}

/// Declares a comparator of ordered values.
macro_rules! ordered_comparator {
    ($(#[$meta:meta])* $name:ident of $ty:ty, |$value:ident, $moment:ident| $convert:expr) => {
        $(#[$meta])*
        #[derive(InputObject, Debug, Clone, Default)]
        pub struct $name {
            /// Equal to this.
            pub eq: Option<$ty>,
            /// Not equal to this; rows without a value fit.
            pub neq: Option<$ty>,
            /// One of these.
            #[graphql(name = "in")]
            pub any_of: Option<Vec<$ty>>,
            /// None of these; rows without a value fit.
            pub nin: Option<Vec<$ty>>,
            /// Less than, or before, this.
            pub lt: Option<$ty>,
            /// At most, or until, this.
            pub lte: Option<$ty>,
            /// More than, or after, this.
            pub gt: Option<$ty>,
            /// At least, or from, this.
            pub gte: Option<$ty>,
            /// True: has no value. False: has one.
            pub null: Option<bool>,
        }

        impl Comparator for $name {
            fn tests(&self, columns: &Columns, $moment: Moment) -> Result<Vec<Predicate>> {
                let convert = |$value: $ty| -> Result<Value> { $convert };
                let one = |value: Option<$ty>| value.map(&convert).transpose();
                let list = |values: Option<&Vec<$ty>>| {
                    values.map(|values| values.iter().copied().map(&convert).collect()).transpose()
                };
                let mut tests = Vec::new();
                push(&mut tests, columns.plain, one(self.eq)?.map(Test::Eq));
                push(&mut tests, columns.plain, one(self.neq)?.map(Test::Ne));
                push(&mut tests, columns.plain, list(self.any_of.as_ref())?.map(Test::In));
                push(&mut tests, columns.plain, list(self.nin.as_ref())?.map(Test::NotIn));
                push(&mut tests, columns.plain, one(self.lt)?.map(Test::Lt));
                push(&mut tests, columns.plain, one(self.lte)?.map(Test::Lte));
                push(&mut tests, columns.plain, one(self.gt)?.map(Test::Gt));
                push(&mut tests, columns.plain, one(self.gte)?.map(Test::Gte));
                push(&mut tests, columns.plain, self.null.map(Test::Null));
                Ok(tests)
            }
        }
    };
}

ordered_comparator! {
    /// Tests of a number.
    NumberComparator of f64, |value, _moment| {
        if value.is_finite() { Ok(value.into()) } else { Err(DomainError::BadInput("not a finite number".into())) }
    }
}
ordered_comparator! {
    /// Tests of a decimal number.
    DecimalComparator of Decimal, |value, _moment| Ok(value.0.into())
}
ordered_comparator! {
    /// Tests of a day; spans are relative to today in the organization's time zone.
    DateComparator of DateOrDuration, |value, moment| Ok(value.resolve(moment.today).into())
}
ordered_comparator! {
    /// Tests of a point in time; spans are relative to now.
    DateTimeComparator of DateTimeOrDuration, |value, moment| Ok(value.resolve(moment.now).0.into())
}

/// Tests of how many related rows there are.
#[derive(InputObject, Debug, Clone, Copy, Default)]
pub struct CountComparator {
    /// Exactly so many.
    pub eq: Option<i32>,
    /// Any other number.
    pub neq: Option<i32>,
    /// Fewer.
    pub lt: Option<i32>,
    /// At most.
    pub lte: Option<i32>,
    /// More.
    pub gt: Option<i32>,
    /// At least.
    pub gte: Option<i32>,
}

impl CountComparator {
    /// The tests of the number.
    #[must_use]
    pub fn tests(self) -> Vec<CountTest> {
        [
            self.eq.map(|n| CountTest::Eq(n.into())),
            self.neq.map(|n| CountTest::Ne(n.into())),
            self.lt.map(|n| CountTest::Lt(n.into())),
            self.lte.map(|n| CountTest::Lte(n.into())),
            self.gt.map(|n| CountTest::Gt(n.into())),
            self.gte.map(|n| CountTest::Gte(n.into())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Declares comparators of enumerations.
macro_rules! enum_comparators {
    ($($name:ident of $ty:ident, $what:literal;)*) => { $(
        #[doc = concat!("Tests of ", $what, ".")]
        #[derive(InputObject, Debug, Clone, Default)]
        pub struct $name {
            /// Is this.
            pub eq: Option<super::enums::$ty>,
            /// Is not this; rows without a value fit.
            pub neq: Option<super::enums::$ty>,
            /// Is one of these.
            #[graphql(name = "in")]
            pub any_of: Option<Vec<super::enums::$ty>>,
            /// Is none of these; rows without a value fit.
            pub nin: Option<Vec<super::enums::$ty>>,
            /// True: has no value. False: has one.
            pub null: Option<bool>,
        }

        impl Comparator for $name {
            fn tests(&self, columns: &Columns, _moment: Moment) -> Result<Vec<Predicate>> {
                let value = |value: super::enums::$ty| -> Value { entity::$ty::from(value).into() };
                let list = |list: &Vec<super::enums::$ty>| list.iter().copied().map(value).collect();
                let mut tests = Vec::new();
                push(&mut tests, columns.plain, self.eq.map(value).map(Test::Eq));
                push(&mut tests, columns.plain, self.neq.map(value).map(Test::Ne));
                push(&mut tests, columns.plain, self.any_of.as_ref().map(list).map(Test::In));
                push(&mut tests, columns.plain, self.nin.as_ref().map(list).map(Test::NotIn));
                push(&mut tests, columns.plain, self.null.map(Test::Null));
                Ok(tests)
            }
        }
    )* };
}

enum_comparators! {
    RoleComparator of Role, "a role";
    CycleStateComparator of CycleState, "the state of a cycle";
    GoalStateComparator of GoalState, "the state of a goal";
    ObjectiveKindComparator of ObjectiveKind, "the kind of an objective";
    VisibilityComparator of Visibility, "a visibility";
    KeyResultKindComparator of KeyResultKind, "the kind of a key result";
    ProgressSourceComparator of ProgressSource, "a progress source";
    ProjectStateComparator of ProjectState, "the state of a project";
    TaskStatusComparator of TaskStatus, "the status of a task";
    WorkClassComparator of WorkClass, "a work class";
    LinkStateComparator of LinkState, "the state of a link";
    StaleReasonComparator of StaleReason, "why a link is stale";
    SignificanceComparator of Significance, "the significance of a link";
    LinkOriginComparator of LinkOrigin, "the origin of a link";
    ReferenceFieldComparator of ReferenceField, "where a reference stands";
    UnresolvedReasonComparator of UnresolvedReason, "why a reference leads to no link";
    ProviderComparator of Provider, "a provider";
    IntegrationStateComparator of IntegrationState, "the state of an integration";
    SyncTriggerComparator of SyncTrigger, "what a run of a sync was begun by";
    SyncRunStateComparator of SyncRunState, "the state of a run of a sync";
    FindingKindComparator of FindingKind, "the kind of a finding";
    SeverityComparator of Severity, "a severity";
    FindingStateComparator of FindingState, "the state of a finding";
    PointSourceComparator of PointSource, "what made a number change";
    HealthComparator of Health, "a health";
    ResultVerdictComparator of ResultVerdict, "how a key result moved";
    EvaluationVerdictComparator of EvaluationVerdict, "what became of an opportunity";
}

/// Puts the parts of a filter together: all must hold.
pub struct Parts(pub Vec<Predicate>);

impl Parts {
    /// Adds the tests of one field.
    ///
    /// # Errors
    /// When a value cannot be read.
    pub fn field<C: Comparator>(
        &mut self,
        comparator: Option<&C>,
        columns: &Columns,
        moment: Moment,
    ) -> Result<()> {
        if let Some(comparator) = comparator {
            self.0.extend(comparator.tests(columns, moment)?);
        }
        Ok(())
    }

    /// Adds a filter on the row that a column refers to.
    ///
    /// # Errors
    /// When a value cannot be read.
    pub fn one<F: Filter>(
        &mut self,
        filter: Option<&F>,
        column: Field,
        target: Table,
        moment: Moment,
    ) -> Result<()> {
        if let Some(filter) = filter {
            let inner = Box::new(filter.predicate(moment)?);
            self.0.push(Predicate::One { column, target, inner });
        }
        Ok(())
    }

    /// The whole filter.
    #[must_use]
    pub fn all(mut self) -> Predicate {
        if self.0.len() == 1 { self.0.remove(0) } else { Predicate::All(self.0) }
    }
}

/// A filter on related rows.
pub trait Related {
    /// The quantifiers and what must hold.
    ///
    /// # Errors
    /// When a value cannot be read.
    fn quantified(&self, moment: Moment) -> Result<Vec<(Quantifier, Predicate)>>;
}

/// Declares the filter of a list: its fields, the rows they refer to, and the rows that refer to it.
macro_rules! filter {
    (
        $name:ident, $many:ident on $table:ident, $what:literal {
            $($(#[$fmeta:meta])* $field:ident: $comparator:ident = $columns:expr;)*
        }
        one { $($(#[$ometa:meta])* $one:ident: $ofilter:ident = $ocolumn:literal => $otable:ident;)* }
        many { $($(#[$mmeta:meta])* $mfield:ident: $mfilter:ident = $relation:path;)* }
    ) => {
        #[doc = concat!("Which ", $what, " a list has; all parts must hold.")]
        #[derive(async_graphql::InputObject, Debug, Clone, Default)]
        pub struct $name {
            /// All of these hold.
            pub and: Option<Vec<$name>>,
            /// At least one of these holds.
            pub or: Option<Vec<$name>>,
            /// This does not hold; what is unknown for want of a value counts as not holding.
            pub not: Option<Box<$name>>,
            $($(#[$fmeta])* pub $field: Option<$crate::graphql::filter::$comparator>,)*
            $($(#[$ometa])* pub $one: Option<Box<$ofilter>>,)*
            $($(#[$mmeta])* pub $mfield: Option<Box<$mfilter>>,)*
        }

        #[doc = concat!("How many of the related ", $what, ", as far as the viewer sees them, must fit.")]
        #[derive(async_graphql::InputObject, Debug, Clone, Default)]
        pub struct $many {
            /// At least one fits.
            pub some: Option<Box<$name>>,
            /// All fit; also where there is none.
            pub every: Option<Box<$name>>,
            /// None fits.
            pub none: Option<Box<$name>>,
            /// So many there are.
            pub length: Option<$crate::graphql::filter::CountComparator>,
        }

        impl $crate::graphql::filter::Related for $many {
            fn quantified(
                &self,
                moment: $crate::graphql::filter::Moment,
            ) -> $crate::domain::error::Result<
                Vec<($crate::domain::predicate::Quantifier, $crate::domain::predicate::Predicate)>,
            > {
                use $crate::{domain::predicate::{Predicate, Quantifier}, graphql::filter::Filter};
                let mut all = Vec::new();
                for (quantifier, inner) in [
                    (Quantifier::Some, &self.some),
                    (Quantifier::Every, &self.every),
                    (Quantifier::None, &self.none),
                ] {
                    if let Some(inner) = inner {
                        all.push((quantifier, inner.predicate(moment)?));
                    }
                }
                if let Some(length) = self.length {
                    all.push((Quantifier::Length(length.tests()), Predicate::always()));
                }
                Ok(all)
            }
        }

        impl $crate::graphql::filter::Filter for $name {
            fn predicate(
                &self,
                moment: $crate::graphql::filter::Moment,
            ) -> $crate::domain::error::Result<$crate::domain::predicate::Predicate> {
                use $crate::{
                    domain::{predicate::Predicate, relation::Table},
                    graphql::filter::Parts,
                };
                const TABLE: Table = Table::$table;
                let mut parts = Parts(Vec::new());
                for filter in self.and.iter().flatten() {
                    parts.0.push(filter.predicate(moment)?);
                }
                if let Some(any) = &self.or {
                    let any = any.iter().map(|filter| filter.predicate(moment));
                    parts.0.push(Predicate::Any(any.collect::<$crate::domain::error::Result<_>>()?));
                }
                if let Some(not) = &self.not {
                    parts.0.push(Predicate::Not(Box::new(not.predicate(moment)?)));
                }
                $(parts.field(self.$field.as_ref(), &($columns)(TABLE), moment)?;)*
                $(parts.one(
                    self.$one.as_deref(),
                    $crate::domain::predicate::Field::new(TABLE, $ocolumn),
                    Table::$otable,
                    moment,
                )?;)*
                $(if let Some(related) = &self.$mfield {
                    for (quantifier, inner) in $crate::graphql::filter::Related::quantified(&**related, moment)? {
                        parts.0.push(Predicate::Many {
                            relation: &$relation,
                            quantifier,
                            inner: Box::new(inner),
                        });
                    }
                })*
                Ok(parts.all())
            }
        }
    };
}
pub(crate) use filter;

/// Declares the order of a list: its keys, and the input object that names one with its direction.
macro_rules! sort {
    ($name:ident, $key:ident on $table:ident, $what:literal {
        $($(#[$meta:meta])* $variant:ident = $column:literal as $kind:ident;)*
    }) => {
        #[doc = concat!("By what ", $what, " can be ordered.")]
        #[derive(async_graphql::Enum, Copy, Clone, Debug, PartialEq, Eq)]
        pub enum $key { $($(#[$meta])* $variant,)* }

        #[doc = concat!("One key of an order of ", $what, ".")]
        #[derive(async_graphql::InputObject, Debug, Clone)]
        pub struct $name {
            /// By what.
            pub field: $key,
            /// In which direction.
            #[graphql(default)]
            pub order: $crate::graphql::page::SortOrder,
            /// Where rows without a value stand.
            #[graphql(default)]
            pub nulls: $crate::graphql::page::SortNulls,
        }

        impl $crate::graphql::filter::Sort for $name {
            fn key(&self) -> $crate::domain::page::SortKey {
                use $crate::domain::{page::SortKind, relation::Table};
                let (column, kind) = match self.field { $($key::$variant => ($column, SortKind::$kind),)* };
                $crate::graphql::filter::sort_key(Table::$table, column, kind, self.order, self.nulls)
            }
        }
    };
}
pub(crate) use sort;

/// The key of an order.
#[must_use]
pub fn sort_key(
    table: Table,
    column: &'static str,
    kind: SortKind,
    order: SortOrder,
    nulls: SortNulls,
) -> SortKey {
    SortKey {
        field: Field::new(table, column),
        kind,
        descending: order == SortOrder::Desc,
        nulls_first: nulls == SortNulls::First,
    }
}

/// `|table| Columns::plain(table, column)` for the tables below.
pub const fn column(name: &'static str) -> impl Fn(Table) -> Columns + Copy {
    move |table| Columns::plain(table, name)
}

/// A text with its lower-case twin.
pub const fn text(name: &'static str, folded: &'static str) -> impl Fn(Table) -> Columns + Copy {
    move |table| Columns::folded(table, name, folded)
}

/// A key of a type.
pub const fn key(name: &'static str, kind: NodeKind) -> impl Fn(Table) -> Columns + Copy {
    move |table| Columns::id(table, name, kind)
}
