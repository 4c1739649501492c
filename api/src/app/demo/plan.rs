//! What the demo company is: people, goals, projects and the words its tasks are made of.

use entity::{KeyResultKind, Role, Visibility};

/// A person: name, role, team.
pub(super) struct Someone {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: Role,
    pub(super) team: usize,
}

const fn someone(name: &'static str, email: &'static str, role: Role, team: usize) -> Someone {
    Someone { name, email, role, team }
}

pub(super) const TEAMS: [&str; 3] = ["Product", "Growth", "Platform"];
pub(super) const LEADER: (&str, &str) = ("Lena Ortiz", "lena@larkfield.example");
pub(super) const MANAGER: usize = 0;
pub(super) const INDIVIDUAL: usize = 3;

/// The first three manage the teams in their order.
pub(super) const PEOPLE: [Someone; 12] = [
    someone("Priya Raman", "priya@larkfield.example", Role::Manager, 0),
    someone("Gustav Lind", "gustav@larkfield.example", Role::Manager, 1),
    someone("Petra Novak", "petra@larkfield.example", Role::Manager, 2),
    someone("Ines Duarte", "ines@larkfield.example", Role::Individual, 0),
    someone("Tomas Weber", "tomas@larkfield.example", Role::Individual, 0),
    someone("Aiko Tanaka", "aiko@larkfield.example", Role::Individual, 0),
    someone("Samuel Osei", "samuel@larkfield.example", Role::Individual, 1),
    someone("Noor Haddad", "noor@larkfield.example", Role::Individual, 1),
    someone("Elif Kaya", "elif@larkfield.example", Role::Individual, 1),
    someone("Marek Zielinski", "marek@larkfield.example", Role::Individual, 2),
    someone("Chidi Eze", "chidi@larkfield.example", Role::Individual, 2),
    someone("Ruth Andersen", "ruth@larkfield.example", Role::Individual, 2),
];

/// How a key result is measured.
pub(super) enum Measure {
    /// By check-ins, from start to target; the last number is where it stands at the end of the demo.
    CheckIns { kind: KeyResultKind, unit: &'static str, start: i64, target: i64, now: i64 },
    /// By the completion of linked work.
    Work,
}

pub(super) struct KeyResult {
    pub(super) title: &'static str,
    pub(super) owner: usize,
    pub(super) measure: Measure,
    /// Whether it is archived near the end, so that its links go stale.
    pub(super) archived: bool,
}

pub(super) struct Objective {
    pub(super) title: &'static str,
    /// Team, or none for the whole organization.
    pub(super) team: Option<usize>,
    /// Owner among the people; none for the leader.
    pub(super) owner: Option<usize>,
    pub(super) visibility: Visibility,
    /// 0 is the quarter before, 1 the present one.
    pub(super) cycle: usize,
    /// The objective above, by its place in this list.
    pub(super) parent: Option<usize>,
    pub(super) aspirational: bool,
    pub(super) priority: f64,
    pub(super) key_results: &'static [KeyResult],
}

const fn work(title: &'static str, owner: usize) -> KeyResult {
    KeyResult { title, owner, measure: Measure::Work, archived: false }
}

const fn rise(
    title: &'static str,
    owner: usize,
    unit: &'static str,
    from: i64,
    to: i64,
    now: i64,
) -> KeyResult {
    let measure = Measure::CheckIns { kind: KeyResultKind::Increase, unit, start: from, target: to, now };
    KeyResult { title, owner, measure, archived: false }
}

const fn fall(
    title: &'static str,
    owner: usize,
    unit: &'static str,
    from: i64,
    to: i64,
    now: i64,
) -> KeyResult {
    let measure = Measure::CheckIns { kind: KeyResultKind::Decrease, unit, start: from, target: to, now };
    KeyResult { title, owner, measure, archived: false }
}

/// Six objectives, eighteen key results, eight of them by work.
pub(super) const OBJECTIVES: [Objective; 6] = [
    Objective {
        title: "Small teams plan their week with Larkfield without talking to us",
        team: None,
        owner: None,
        visibility: Visibility::Organization,
        cycle: 1,
        parent: None,
        aspirational: true,
        priority: 0.4,
        key_results: &[
            rise("Weekly planning teams", 1, "teams", 1_800, 4_000, 2_950),
            rise("Sign-ups that never speak to sales", 1, "%", 22, 50, 37),
            work("The self-serve path is built and live", 0),
        ],
    },
    Objective {
        title: "A new team plans its first week in ten minutes",
        team: Some(0),
        owner: Some(0),
        visibility: Visibility::Organization,
        cycle: 1,
        parent: Some(0),
        aspirational: false,
        priority: 0.3,
        key_results: &[
            fall("Median time to the first planned week", 3, "minutes", 34, 10, 19),
            work("Onboarding, rebuilt around templates", 3),
            work("Calendar import that just works", 4),
            rise("Teams active after four weeks", 0, "%", 31, 45, 36),
        ],
    },
    Objective {
        title: "People find us because others tell them",
        team: Some(1),
        owner: Some(1),
        visibility: Visibility::Organization,
        cycle: 1,
        parent: Some(0),
        aspirational: false,
        priority: 0.2,
        key_results: &[
            rise("Sign-ups from referrals a week", 6, "sign-ups", 40, 160, 71),
            work("The referral programme is live in three languages", 6),
            KeyResult {
                title: "Partner directory with forty entries",
                owner: 7,
                measure: Measure::Work,
                archived: true,
            },
        ],
    },
    Objective {
        title: "Planning never waits for us",
        team: Some(2),
        owner: Some(2),
        visibility: Visibility::Organization,
        cycle: 1,
        parent: None,
        aspirational: false,
        priority: 0.1,
        key_results: &[
            fall("95th percentile of opening a plan", 9, "ms", 1_900, 400, 720),
            work("Every service deploys without a pause", 9),
            fall("Pages of the on-call a week", 10, "pages", 21, 5, 9),
        ],
    },
    Objective {
        title: "The pricing is understood at first sight",
        team: Some(1),
        owner: Some(1),
        visibility: Visibility::Team,
        cycle: 0,
        parent: None,
        aspirational: false,
        priority: 0.5,
        key_results: &[
            fall("Questions about price in support", 7, "a week", 60, 20, 26),
            work("Pricing page and in-product plans say the same", 8),
            rise("Visitors of the price page who sign up", 7, "%", 3, 6, 5),
        ],
    },
    Objective {
        title: "Decide whether to open an office in Porto",
        team: None,
        owner: Some(2),
        visibility: Visibility::Private,
        cycle: 0,
        parent: None,
        aspirational: false,
        priority: 0.0,
        key_results: &[
            rise("Candidates met", 2, "people", 0, 12, 10),
            work("Costs and law are written up", 2),
        ],
    },
];

pub(super) struct Project {
    pub(super) title: &'static str,
    pub(super) team: usize,
    pub(super) owner: usize,
    /// Key results it is linked to: (objective, key result) by their places.
    pub(super) serves: &'static [(usize, usize)],
    pub(super) tasks: usize,
    /// Day of the ninety on which it begins, and on which it should be done.
    pub(super) days: (i64, i64),
    /// Share of its tasks that are done by the end.
    pub(super) done: f64,
    pub(super) visibility: Visibility,
}

const fn project(
    title: &'static str,
    team: usize,
    owner: usize,
    serves: &'static [(usize, usize)],
    tasks: usize,
    days: (i64, i64),
    done: f64,
) -> Project {
    Project { title, team, owner, serves, tasks, days, done, visibility: Visibility::Organization }
}

/// Twenty-five projects: five serve no goal, one serves too many, one is for a team's eyes only.
pub(super) const PROJECTS: [Project; 25] = [
    project("Self-serve checkout", 0, 3, &[(0, 2)], 34, (0, 85), 0.7),
    project("Plan templates", 0, 3, &[(1, 1)], 30, (5, 88), 0.6),
    project("First-week guide", 0, 4, &[(1, 1), (0, 2)], 24, (20, 100), 0.4),
    project("Calendar import: Google", 0, 4, &[(1, 2)], 26, (0, 60), 1.0),
    project("Calendar import: Outlook", 0, 5, &[(1, 2)], 28, (30, 110), 0.45),
    project("Empty states that teach", 0, 5, &[(1, 1)], 16, (45, 95), 0.5),
    project("Mobile week view", 0, 5, &[], 26, (10, 90), 0.55),
    project("Design system clean-up", 0, 4, &[], 20, (0, 90), 0.35),
    project("Referral programme", 1, 6, &[(2, 1)], 32, (8, 95), 0.55),
    project("Referral e-mails in Spanish and German", 1, 8, &[(2, 1)], 18, (40, 100), 0.3),
    project("Partner directory", 1, 7, &[(2, 2)], 22, (10, 80), 0.4),
    project("Customer stories", 1, 8, &[(2, 1), (0, 2)], 20, (15, 90), 0.6),
    project("Conference season", 1, 7, &[], 24, (0, 75), 0.9),
    project("Newsletter move", 1, 6, &[], 14, (50, 90), 0.7),
    project("Pricing page", 1, 8, &[(4, 1)], 22, (0, 50), 1.0),
    project("In-product plan comparison", 1, 8, &[(4, 1)], 18, (10, 60), 0.9),
    project("Zero-downtime deploys", 2, 9, &[(3, 1)], 30, (0, 80), 0.75),
    project("Plan store on partitions", 2, 9, &[(3, 1), (0, 2)], 28, (12, 95), 0.5),
    project("Load tests in the pipeline", 2, 10, &[(3, 1)], 18, (25, 85), 0.65),
    project("Alert hygiene", 2, 10, &[(3, 1)], 20, (5, 60), 0.95),
    project("Database upgrade", 2, 11, &[], 26, (30, 90), 0.6),
    project("Platform week", 2, 11, &[(3, 1), (1, 1), (1, 2), (2, 1), (0, 2)], 20, (20, 70), 0.8),
    project("Single sign-on", 2, 10, &[(0, 2)], 26, (35, 110), 0.4),
    Project {
        title: "Porto: costs and law",
        team: 2,
        owner: 2,
        serves: &[(5, 1)],
        tasks: 12,
        days: (5, 60),
        done: 0.75,
        visibility: Visibility::Private,
    },
    Project {
        title: "Security findings of the audit",
        team: 2,
        owner: 9,
        serves: &[(3, 1)],
        tasks: 26,
        days: (15, 95),
        done: 0.6,
        visibility: Visibility::Team,
    },
];

pub(super) const VERBS: [&str; 16] = [
    "Sketch",
    "Write",
    "Build",
    "Test",
    "Measure",
    "Review",
    "Document",
    "Fix",
    "Simplify",
    "Ship",
    "Translate",
    "Instrument",
    "Migrate",
    "Clean up",
    "Interview users about",
    "Agree on",
];

pub(super) const THINGS: [&str; 24] = [
    "the happy path",
    "the error messages",
    "the empty state",
    "the settings page",
    "the e-mail texts",
    "the import dialog",
    "keyboard use",
    "the database change",
    "the feature flag",
    "the roll-out plan",
    "analytics events",
    "the help article",
    "time zones",
    "access rights",
    "the loading state",
    "the mobile layout",
    "retries",
    "the audit log",
    "the price table",
    "screen reader labels",
    "the undo",
    "the limits",
    "performance on large plans",
    "the release note",
];
