//! A random organization: people of every role, teams, goals, work and links of every visibility.

use sea_orm::Value;
use uuid::Uuid;

use super::execute;
use crate::domain::{
    clock::Clock,
    fixture::{Fixture, sqlite_in},
    installation::Installation,
};

const VISIBILITIES: [&str; 3] = ["ORGANIZATION", "TEAM", "PRIVATE"];
const ROLES: [(&str, bool); 7] = [
    ("LEADER", false),
    ("MANAGER", false),
    ("MANAGER", true),
    ("MANAGER", false),
    ("INDIVIDUAL", false),
    ("INDIVIDUAL", true),
    ("INDIVIDUAL", false),
];

/// Draws from a seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn up_to(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.up_to(of.len())]
    }

    /// Nobody in one of four.
    fn maybe(&mut self, of: &[Uuid]) -> Option<Uuid> {
        (self.up_to(4) > 0).then(|| self.one(of))
    }
}

pub(super) struct Random {
    _folder: tempfile::TempDir,
    pub(super) installation: Installation,
    pub(super) organization: Uuid,
    pub(super) people: Vec<Uuid>,
}

impl Random {
    async fn put(&self, table: &str, mut cells: Vec<(&str, Value)>) -> Uuid {
        let (id, now) = (self.installation.clock().new_id(), self.installation.clock().now().0);
        cells.push(("id", id.into()));
        cells.push(("created_at", now.into()));
        if table != "organization" {
            cells.push(("organization_id", self.organization.into()));
        }
        if !matches!(table, "membership" | "check_in" | "task_assignee" | "task_project") {
            cells.push(("updated_at", now.into()));
        }
        let (columns, values): (Vec<&str>, Vec<Value>) = cells.into_iter().unzip();
        let marks = vec!["?"; columns.len()].join(", ");
        let text = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
        execute(&self.installation, &text, values).await;
        id
    }

    pub(super) async fn new(mut dice: Dice) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, _) = Clock::simulated(entity::Instant(1_800_000_000_000_000), 7);
        let installation = Fixture::new(sqlite_in(folder.path()), clock).open().await;
        let mut world = Self { _folder: folder, installation, organization: Uuid::nil(), people: Vec::new() };
        world.organization = world
            .put(
                "organization",
                vec![("name", "A".into()), ("slug", "a".into()), ("time_zone", "UTC".into())],
            )
            .await;
        for (at, (role, is_admin)) in ROLES.into_iter().enumerate() {
            let name = format!("p{at}");
            let person = world
                .put(
                    "person",
                    vec![
                        ("name", name.clone().into()),
                        ("name_folded", name.clone().into()),
                        ("email", name.clone().into()),
                        ("email_folded", name.into()),
                        ("role", role.into()),
                        ("is_admin", is_admin.into()),
                    ],
                )
                .await;
            world.people.push(person);
        }
        world.fill(&mut dice).await;
        world
    }

    /// An open session of a person.
    pub(super) async fn session_of(&self, person: Uuid) -> Uuid {
        let hash = self.installation.clock().new_id().as_bytes().to_vec();
        let later = self.installation.clock().now().plus_seconds(3_600).0;
        let cells =
            vec![("person_id", person.into()), ("refresh_hash", hash.into()), ("expires_at", later.into())];
        self.put("session", cells).await
    }

    /// What is stored of a tool's token.
    pub(super) async fn token_of(&self, scopes: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(self.installation.clock().new_id().as_bytes());
        let later = self.installation.clock().now().plus_seconds(3_600).0;
        let cells = vec![
            ("name", scopes.into()),
            ("scopes", scopes.into()),
            ("token_hash", hash.to_vec().into()),
            ("hint", "0000".into()),
            ("expires_at", later.into()),
        ];
        self.put("service_token", cells).await;
        hash
    }

    async fn fill(&self, dice: &mut Dice) {
        let people = &self.people;
        let mut teams: Vec<Uuid> = Vec::new();
        for at in 0..5 {
            let parent = if teams.is_empty() { None } else { dice.maybe(&teams) };
            let name = format!("t{at}");
            let cells = vec![
                ("name", name.clone().into()),
                ("name_folded", name.into()),
                ("parent_id", parent.into()),
                ("manager_id", dice.maybe(people).into()),
            ];
            teams.push(self.put("team", cells).await);
        }
        for person in people {
            let home = dice.maybe(&teams);
            let other = dice.maybe(&teams).filter(|team| Some(*team) != home);
            for (team, is_home) in [(home, true), (other, false)] {
                let Some(team) = team else { continue };
                let cells = vec![
                    ("team_id", team.into()),
                    ("person_id", (*person).into()),
                    ("is_home", is_home.into()),
                ];
                self.put("membership", cells).await;
            }
        }
        let (mut goals, mut work) = (Vec::new(), Vec::new());
        for at in 0..12_i64 {
            let objective = self.put_objective(dice, &teams, at).await;
            goals.push(("objective_id", objective));
            let key_result = self.put_key_result(dice, objective, at).await;
            goals.push(("key_result_id", key_result));
            let now = self.installation.clock().now().0;
            let author = dice.maybe(people);
            let cells =
                vec![("key_result_id", key_result.into()), ("at", now.into()), ("author_id", author.into())];
            self.put("check_in", cells).await;
        }
        let mut projects = Vec::new();
        for _ in 0..10 {
            let cells = vec![
                ("title", "P".into()),
                ("title_folded", "p".into()),
                ("state", "PLANNED".into()),
                ("progress_basis", "COUNT".into()),
                ("visibility", dice.one(&VISIBILITIES).into()),
                ("team_id", dice.maybe(&teams).into()),
                ("owner_id", dice.maybe(people).into()),
            ];
            projects.push(self.put("project", cells).await);
        }
        work.extend(projects.iter().map(|project| ("project_id", *project)));
        for _ in 0..24 {
            work.push(("task_id", self.put_task(dice, &teams, &projects).await));
        }
        let mut about: Vec<(&str, &str, Uuid)> = Vec::new();
        for (column, id) in goals.iter().chain(&work) {
            about.push((prefix(column), *column, *id));
        }
        about.extend(teams.iter().map(|team| ("tea", "team_id", *team)));
        let mut tied = std::collections::HashSet::new();
        for _ in 0..40 {
            let (source, target) = (dice.one(&work), dice.one(&goals));
            if tied.insert((source.1, target.1)) {
                let cells = vec![
                    (source.0, source.1.into()),
                    (target.0, target.1.into()),
                    ("state", "ACTIVE".into()),
                    ("significance", "CONTRIBUTES".into()),
                    ("origin", "MANUAL".into()),
                ];
                about.push(("lnk", "alignment_link_id", self.put("alignment_link", cells).await));
            }
        }
        for (prefix, column, id) in about {
            let now = self.installation.clock().now().0;
            let cells = vec![
                ("kind", "LINK_STALE".into()),
                ("severity", "INFO".into()),
                ("state", "OPEN".into()),
                ("subject_key", format!("{prefix}_{}", id.simple()).into()),
                (column, id.into()),
                ("owner_id", dice.maybe(people).into()),
                ("opened_at", now.into()),
                ("last_seen_at", now.into()),
            ];
            self.put("finding", cells).await;
        }
    }

    async fn put_objective(&self, dice: &mut Dice, teams: &[Uuid], at: i64) -> Uuid {
        let cells = vec![
            ("number", at.into()),
            ("code", format!("O-{at}").into()),
            ("title", "O".into()),
            ("title_folded", "o".into()),
            ("state", "ACTIVE".into()),
            ("kind", "COMMITTED".into()),
            ("progress_source", "KEY_RESULTS".into()),
            ("visibility", dice.one(&VISIBILITIES).into()),
            ("team_id", dice.maybe(teams).into()),
            ("owner_id", dice.maybe(&self.people).into()),
        ];
        self.put("objective", cells).await
    }

    async fn put_key_result(&self, dice: &mut Dice, objective: Uuid, at: i64) -> Uuid {
        let cells = vec![
            ("objective_id", objective.into()),
            ("number", at.into()),
            ("code", format!("KR-{at}").into()),
            ("title", "K".into()),
            ("title_folded", "k".into()),
            ("state", "ACTIVE".into()),
            ("kind", "BASELINE".into()),
            ("progress_source", "CHECK_IN".into()),
            ("owner_id", dice.maybe(&self.people).into()),
        ];
        self.put("key_result", cells).await
    }

    async fn put_task(&self, dice: &mut Dice, teams: &[Uuid], projects: &[Uuid]) -> Uuid {
        let assignee = dice.maybe(&self.people);
        let cells = vec![
            ("title", "T".into()),
            ("title_folded", "t".into()),
            ("status", "TODO".into()),
            ("visibility", dice.one(&VISIBILITIES).into()),
            ("team_id", dice.maybe(teams).into()),
            ("project_id", dice.maybe(projects).into()),
            ("assignee_id", assignee.into()),
        ];
        let task = self.put("task", cells).await;
        let second = dice.maybe(&self.people).filter(|person| Some(*person) != assignee);
        for person in [assignee, second].into_iter().flatten() {
            let cells = vec![("task_id", task.into()), ("person_id", person.into())];
            self.put("task_assignee", cells).await;
        }
        task
    }
}

/// How the global ids of what a column refers to begin.
fn prefix(column: &str) -> &'static str {
    match column {
        "objective_id" => "obj",
        "key_result_id" => "kr",
        "project_id" => "prj",
        "task_id" => "tsk",
        other => panic!("{other} is no column of a goal or of work"),
    }
}
