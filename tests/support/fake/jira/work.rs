//! What people do in a Jira. Issues are named by id or key; what is not there is a mistake of the test.

use std::collections::BTreeMap;

use entity::Instant;

use super::{
    FakeJira,
    change::IssueChange,
    document,
    field::TextField,
    history::{HistoryItem, Side},
    issue::Issue,
    people::Person,
    project::Project,
    site::Site,
    status::{Category, Kind, Status},
    worklog::Worklog,
};

impl FakeJira {
    /// Someone with an account, whose address is hidden where none is given; gives the account's id.
    pub fn add_person(&self, name: &str, email: Option<&str>) -> String {
        let mut site = self.site();
        let account_id = site.random.hex(24);
        let email = email.map(str::to_owned);
        site.people.push(Person { account_id: account_id.clone(), name: name.to_owned(), email });
        account_id
    }

    /// A project without issues; gives its id.
    pub fn add_project(&self, key: &str, name: &str) -> String {
        let mut site = self.site();
        let id = site.next_id();
        site.projects.push(Project { id, key: key.to_owned(), name: name.to_owned(), last_number: 0 });
        site.tell_of_project("project_created", id);
        id.to_string()
    }

    /// A custom field that holds a text; gives its id.
    pub fn add_text_field(&self, name: &str) -> String {
        let mut site = self.site();
        let id = format!("customfield_{}", site.next_id());
        site.text_fields.push(TextField { id: id.clone(), name: name.to_owned() });
        id
    }

    /// A status of a category: `new`, `indeterminate` or `done`; gives its id.
    pub fn add_status(&self, name: &str, category: &str) -> String {
        let mut site = self.site();
        let id = site.next_id();
        let category = Category::of(category).expect("a category of Jira's");
        site.statuses.push(Status { id, name: name.to_owned(), category });
        id.to_string()
    }

    /// Gives a project another name; its issues do not count as changed.
    pub fn rename_project(&self, project: &str, name: &str) {
        let mut site = self.site();
        let id = site.project_id(project);
        name.clone_into(&mut site.project_mut(id).name);
        site.tell_of_project("project_updated", id);
    }

    /// Gives a project another key, and with it its issues, which do not count as changed. They are still found by
    /// the keys that they had.
    pub fn rekey_project(&self, project: &str, key: &str) {
        let mut site = self.site();
        let id = site.project_id(project);
        let issues: Vec<_> = site.issues.values().filter(|issue| issue.project == id).cloned().collect();
        let former: Vec<_> = issues.iter().map(|issue| site.key_of(issue)).collect();
        key.clone_into(&mut site.project_mut(id).key);
        for (mut issue, former) in issues.into_iter().zip(former) {
            issue.former_keys.push(former);
            site.keep(issue);
        }
        site.tell_of_project("project_updated", id);
    }

    /// An issue of a type in a project, as the changes make it; gives its id.
    pub fn create(&self, project: &str, kind: &str, summary: &str, changes: &[IssueChange]) -> String {
        let mut site = self.site();
        let project = site.project_id(project);
        let (id, now) = (site.next_id(), site.control.now());
        let number = site.next_number(project);
        let mut issue = Issue {
            id,
            project,
            number,
            former_keys: Vec::new(),
            kind: Kind::named(kind).id,
            status: site.first_status(Category::New).id,
            category_changed: now,
            resolution: None,
            resolved: None,
            summary: summary.to_owned(),
            description: None,
            assignee: None,
            reporter: site.ana().to_owned(),
            labels: Vec::new(),
            due: None,
            parent: None,
            points: None,
            texts: BTreeMap::new(),
            estimate: None,
            worklogs: Vec::new(),
            histories: Vec::new(),
            comments: Vec::new(),
            remote_links: Vec::new(),
            created: now,
            updated: now,
        };
        for change in changes {
            let _not_of_the_changelog = site.apply(&mut issue, change, now);
        }
        site.keep(issue.clone());
        let ana = site.ana().to_owned();
        site.tell_of_issue("jira:issue_created", Some("issue_created"), &issue, &ana, None);
        id.to_string()
    }

    /// Changes an issue: one entry in its changelog, one webhook.
    pub fn edit(&self, issue: &str, changes: &[IssueChange]) {
        let mut site = self.site();
        let (id, ana) = (site.known_issue(issue), site.ana().to_owned());
        site.change(id, &ana, changes);
    }

    /// Moves an issue to a status, by its name.
    pub fn move_to_status(&self, issue: &str, status: &str) {
        self.edit(issue, &[IssueChange::Status(status.to_owned())]);
    }

    /// Moves an issue back to the first status, unresolved.
    pub fn reopen(&self, issue: &str) {
        let status = self.site().first_status(Category::New).name.clone();
        self.move_to_status(issue, &status);
    }

    /// Adds a label to an issue.
    pub fn label(&self, issue: &str, label: &str) {
        let mut labels = self.labels(issue);
        if !labels.iter().any(|known| known == label) {
            labels.push(label.to_owned());
        }
        self.edit(issue, &[IssueChange::Labels(labels)]);
    }

    /// Takes a label off an issue.
    pub fn unlabel(&self, issue: &str, label: &str) {
        let mut labels = self.labels(issue);
        labels.retain(|known| known != label);
        self.edit(issue, &[IssueChange::Labels(labels)]);
    }

    fn labels(&self, issue: &str) -> Vec<String> {
        let site = self.site();
        site.issues[&site.known_issue(issue)].labels.clone()
    }

    /// Deletes an issue and its sub-tasks. Nothing but webhooks tells of it.
    pub fn delete(&self, issue: &str) {
        let mut site = self.site();
        let id = site.known_issue(issue);
        let (ana, now) = (site.ana().to_owned(), site.control.now());
        for id in site.with_sub_tasks(id) {
            let issue = site.issues.remove(&id).expect("an issue of the fake");
            site.index.note(now, id, None);
            site.tell_of_issue("jira:issue_deleted", None, &issue, &ana, None);
            site.trash.insert(id, issue);
        }
    }

    /// Brings back an issue that was deleted, under its own id and key, as a restored backup does; it counts as
    /// changed now.
    pub fn restore(&self, id: &str) {
        let mut site = self.site();
        let id: u64 = id.parse().expect("the id of an issue");
        let mut issue = site.trash.remove(&id).expect("an issue that was deleted");
        issue.updated = site.control.now();
        site.keep(issue.clone());
        let ana = site.ana().to_owned();
        site.tell_of_issue("jira:issue_created", Some("issue_created"), &issue, &ana, None);
    }

    /// Moves an issue and its sub-tasks to another project, where they have other keys but keep their ids; gives
    /// the issue's new key. The key that it had still finds it.
    pub fn move_to_project(&self, issue: &str, project: &str) -> String {
        let mut site = self.site();
        let (id, target) = (site.known_issue(issue), site.project_id(project));
        let ana = site.ana().to_owned();
        for id in site.with_sub_tasks(id) {
            let mut issue = site.issues[&id].clone();
            let (former, before) = (site.key_of(&issue), site.project_side(issue.project));
            issue.number = site.next_number(target);
            issue.project = target;
            issue.former_keys.push(former.clone());
            let items = vec![
                HistoryItem::plain("project", before, site.project_side(target)),
                HistoryItem::new("Key", "issuekey", Side::text(former), Side::text(site.key_of(&issue))),
            ];
            site.record(issue, &ana, items, "issue_moved");
        }
        site.key_of(&site.issues[&id])
    }

    /// Logs time that someone worked; gives the entry's id.
    pub fn log_work(&self, issue: &str, account: &str, started: Instant, seconds: i64) -> String {
        let mut site = self.site();
        let mut issue = site.issues[&site.known_issue(issue)].clone();
        let (id, changed) = (site.next_id(), site.control.now());
        let before = issue.spent();
        let entry = Worklog { id, author: account.to_owned(), started, seconds, changed };
        issue.worklogs.push(entry.clone());
        site.tell_of_worklog("worklog_created", &issue, &entry);
        site.record_spent(issue, account, before);
        id.to_string()
    }

    /// Removes an entry of logged time.
    pub fn remove_work(&self, issue: &str, entry: &str) {
        let mut site = self.site();
        let mut issue = site.issues[&site.known_issue(issue)].clone();
        let (now, ana) = (site.control.now(), site.ana().to_owned());
        let before = issue.spent();
        let place = issue.worklogs.iter().position(|known| known.id.to_string() == entry);
        let entry = issue.worklogs.remove(place.expect("an entry of the issue"));
        site.removed_worklogs.push((entry.id, now));
        site.tell_of_worklog("worklog_deleted", &issue, &entry);
        site.record_spent(issue, &ana, before);
    }

    /// Comments on an issue.
    pub fn comment(&self, issue: &str, text: &str) {
        let mut site = self.site();
        let (id, ana) = (site.known_issue(issue), site.ana().to_owned());
        site.add_comment(id, &ana, document::of_text(text));
    }
}

impl Site {
    /// The id of an issue that has to be there.
    fn known_issue(&self, name: &str) -> u64 {
        self.issue_id(name).unwrap_or_else(|| panic!("the fake has no issue {name}"))
    }

    /// The id of a project that has to be there.
    fn project_id(&self, name: &str) -> u64 {
        self.project_named(name).unwrap_or_else(|| panic!("the fake has no project {name}")).id
    }

    fn next_number(&mut self, project: u64) -> u32 {
        let project = self.project_mut(project);
        project.last_number += 1;
        project.last_number
    }

    /// An issue and its sub-tasks.
    fn with_sub_tasks(&self, id: u64) -> Vec<u64> {
        let below = self.issues.values().filter(|issue| issue.parent == Some(id));
        let below = below.filter(|issue| Kind::of(issue.kind).level < 0).map(|issue| issue.id);
        [id].into_iter().chain(below).collect()
    }

    fn project_side(&self, id: u64) -> Side {
        Side::named(id.to_string(), &self.project(id).name)
    }

    /// Keeps an issue whose logged time was changed.
    fn record_spent(&mut self, issue: Issue, author: &str, before: Option<i64>) {
        let side = |seconds: Option<i64>| Side::of(seconds.map(|seconds| seconds.to_string()));
        let item = HistoryItem::plain("timespent", side(before), side(issue.spent()));
        self.record(issue, author, vec![item], "issue_work_logged");
    }
}
