//! The columns of an OKR file. The README lists them with these words; a test holds it to that.

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GoalType {
    /// An objective.
    Objective,
    /// A key result.
    KeyResult,
}

impl GoalType {
    /// The word of the column `type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Objective => "OBJECTIVE",
            Self::KeyResult => "KEY_RESULT",
        }
    }

    /// The word in sentences.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Objective => "objective",
            Self::KeyResult => "key result",
        }
    }
}

/// Whom a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Both,
    Objectives,
    KeyResults,
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])+ $column:ident = $name:literal for $for:ident;)+) => {
        /// A column of an OKR file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Column { $($(#[doc = $doc])+ $column),+ }

        impl Column {
            /// All of them, in the order of an exported file.
            pub const ALL: &[Self] = &[$(Self::$column),+];

            /// The name in the header, and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$column => $name),+ }
            }

            const fn whose(self) -> For {
                match self { $(Self::$column => For::$for),+ }
            }
        }
    };
}

columns! {
    /// `OBJECTIVE` or `KEY_RESULT`.
    Type = "type" for Both;
    /// Id in your own tool or sheet; the row is known again by it.
    ExternalId = "external_id" for Both;
    /// Code here, `O-12`; given by Throughline.
    Code = "code" for Both;
    /// External id of the objective above; of the objective, for a key result.
    ParentExternalId = "parent_external_id" for Both;
    /// The same by code.
    ParentCode = "parent_code" for Both;
    /// One line.
    Title = "title" for Both;
    /// Longer text, Markdown.
    Description = "description" for Both;
    /// E-mail address of who answers for it.
    OwnerEmail = "owner_email" for Both;
    /// Name of a team, or its path.
    Team = "team" for Objectives;
    /// Name of a cycle, or its path.
    Cycle = "cycle" for Objectives;
    /// State of a goal.
    State = "state" for Both;
    /// Kind of an objective, or of a key result.
    Kind = "kind" for Both;
    /// Who may see it.
    Visibility = "visibility" for Objectives;
    /// Share in the roll-up.
    Weight = "weight" for Both;
    /// Share of attention intended.
    Priority = "priority" for Objectives;
    /// Whether aligned child objectives join the roll-up.
    IncludeChildren = "include_children" for Objectives;
    /// Where progress comes from.
    ProgressSource = "progress_source" for Both;
    /// E-mail address of who checks in, where that is not the owner.
    CheckInOwnerEmail = "check_in_owner_email" for Both;
    /// E-mail address of who acknowledges check-ins.
    CheckInReviewerEmail = "check_in_reviewer_email" for Both;
    /// Days between check-ins.
    CheckInDays = "check_in_days" for Both;
    /// First day of the work.
    StartsOn = "starts_on" for KeyResults;
    /// Unit of the measured values.
    Unit = "unit" for KeyResults;
    /// Value at the start.
    Start = "start" for KeyResults;
    /// Value at which progress is 1.
    Target = "target" for KeyResults;
    /// The target as a signed change of the start in percent, in place of a value.
    TargetPercent = "target_percent" for KeyResults;
    /// Latest value; another one than is known makes a check-in.
    Current = "current" for KeyResults;
    /// The value that is promised.
    Commit = "commit" for KeyResults;
    /// The value hoped for.
    Stretch = "stretch" for KeyResults;
    /// Lowest value inside the bounds.
    LowerBound = "lower_bound" for KeyResults;
    /// Highest value inside the bounds.
    UpperBound = "upper_bound" for KeyResults;
    /// Distance from a bound at which progress is 0.
    Tolerance = "tolerance" for KeyResults;
    /// Confidence of the last check-in; another one makes a check-in.
    Confidence = "confidence" for KeyResults;
    /// Computed; exported for people, never read.
    Progress = "progress" for Both;
    /// Its page in your tool.
    ExternalUrl = "external_url" for Both;
}

impl Column {
    /// The column of a header's cell: blanks around it, case, and blanks or hyphens for underscores do not
    /// matter.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase().replace([' ', '-'], "_");
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }

    /// Whether rows of a type have it.
    #[must_use]
    pub fn is_for(self, goal: GoalType) -> bool {
        match self.whose() {
            For::Both => true,
            For::Objectives => goal == GoalType::Objective,
            For::KeyResults => goal == GoalType::KeyResult,
        }
    }

    /// The column that a field of a command's input stands for.
    pub(in crate::domain) fn of_field(field: &str) -> Option<Self> {
        Some(match field {
            "title" => Self::Title,
            "description" => Self::Description,
            "ownerId" => Self::OwnerEmail,
            "teamId" => Self::Team,
            "cycleId" => Self::Cycle,
            "parentId" | "objectiveId" => Self::ParentExternalId,
            "state" => Self::State,
            "kind" => Self::Kind,
            "visibility" => Self::Visibility,
            "weight" => Self::Weight,
            "priority" => Self::Priority,
            "includeChildren" => Self::IncludeChildren,
            "progressSource" => Self::ProgressSource,
            "checkInDays" => Self::CheckInDays,
            "startsOn" => Self::StartsOn,
            "unit" => Self::Unit,
            "start" => Self::Start,
            "target" => Self::Target,
            "targetPercent" => Self::TargetPercent,
            "checkInOwnerId" => Self::CheckInOwnerEmail,
            "checkInReviewerId" => Self::CheckInReviewerEmail,
            "value" | "current" => Self::Current,
            "commit" => Self::Commit,
            "stretch" => Self::Stretch,
            "lowerBound" => Self::LowerBound,
            "upperBound" => Self::UpperBound,
            "tolerance" => Self::Tolerance,
            "confidence" => Self::Confidence,
            "externalId" => Self::ExternalId,
            "externalUrl" => Self::ExternalUrl,
            _ => return None,
        })
    }
}

/// All names, for messages.
pub(super) fn names() -> String {
    Column::ALL.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ")
}

/// What is said of a name that is no column; the first time with all names, and with `more` that stands there.
pub(super) fn no_column(is_told: &mut bool, more: &str) -> String {
    if std::mem::replace(is_told, true) {
        return "is no column".to_owned();
    }
    format!("is no column: use {}{more}", names())
}
