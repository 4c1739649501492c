//! Who may change people, and the last admin.

use super::*;
use crate::domain::{
    access::Scope,
    membership::AddTeamMember,
    sample::{Sample, invitation, is_forbidden, new_team, told},
};

fn update(id: Uuid) -> UpdatePerson {
    UpdatePerson { id, ..UpdatePerson::default() }
}

fn deactivate(id: Uuid) -> DeactivatePerson {
    DeactivatePerson { id, expected_version: None, deactivate: true }
}

#[tokio::test]
async fn only_admins_change_people_and_everybody_their_own_name() {
    let sample = Sample::new().await;
    for (who, is_admin) in
        [(sample.individual, false), (sample.manager, false), (sample.leader, false), (sample.admin, true)]
    {
        let scope = sample.scope(who).await;
        let mine = UpdatePerson { name: Some("New Name".to_owned()), ..update(who) };
        assert_eq!(scope.run(&mine).await.unwrap().name, "New Name");
        // A field rule: the name is theirs, the rest is not, even when it stays as it is.
        for forbidden in [
            UpdatePerson { role: Some(Role::Leader), ..update(who) },
            UpdatePerson { email: Some("other@acme.example".to_owned()), ..update(who) },
            UpdatePerson { is_admin: Some(is_admin), ..update(who) },
            UpdatePerson { team: Some(None), ..update(who) },
            UpdatePerson { name: Some("Somebody Else".to_owned()), ..update(sample.founder) },
        ] {
            let answer = scope.run(&forbidden).await;
            assert_eq!(is_forbidden(&answer), !is_admin, "{forbidden:?}: {answer:?}");
        }
        let invited = scope.run(&invitation("New", &format!("{who}@acme.example"), Role::Leader)).await;
        assert_eq!(is_forbidden(&invited), !is_admin);
        let leaver = sample.scope(sample.founder).await;
        let leaver = leaver.run(&invitation("Off", &format!("off-{who}@acme.example"), Role::Manager)).await;
        let gone = scope.run(&deactivate(leaver.unwrap().0.id)).await;
        assert_eq!(is_forbidden(&gone), !is_admin);
    }
}

#[tokio::test]
async fn an_invitation_gives_one_code_and_can_be_repeated() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.admin).await;
    let id = sample.installation.clock().new_id();
    let invite = InvitePerson {
        id: Some(id),
        team: Some(sample.team),
        ..invitation(" Nia ", "Nia@Acme.example", Role::Manager)
    };
    let (row, code) = scope.run(&invite).await.unwrap();
    assert_eq!((row.name.as_str(), row.email.as_str(), row.role), ("Nia", "Nia@Acme.example", Role::Manager));
    assert!(code.unwrap().expose().starts_with("tls_"));
    let again = InvitePerson { code_seconds: 1, ..invite.clone() };
    let (retried, code) = scope.run(&again).await.unwrap();
    assert!(retried == row && code.is_none());
    let other = InvitePerson { name: "Other".to_owned(), ..invite };
    assert_eq!(told(scope.run(&other).await), [("id".to_owned(), UserErrorCode::Conflict)]);
    let taken = scope.run(&invitation("Nia", "NIA@ACME.EXAMPLE", Role::Manager)).await;
    assert_eq!(told(taken), [("email".to_owned(), UserErrorCode::Taken)]);
    for bad in ["", "nobody", "a@", "@b", "a@b@c", "a b@c", "a@.b", "a\0@b"] {
        let refused = scope.run(&invitation("Nia", bad, Role::Manager)).await;
        assert_eq!(told(refused), [("email".to_owned(), UserErrorCode::Invalid)], "{bad}");
    }
    let homes = sample.numbers("SELECT COUNT(*) FROM membership WHERE is_home").await;
    assert_eq!(homes, [2], "Ina and Nia");
    let leaks = sample.texts("SELECT current FROM event WHERE current LIKE '%tls_%'").await;
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    admin.run(&deactivate(sample.founder)).await.unwrap();
    let last = |field: &str| [(field.to_owned(), UserErrorCode::NotNow)];
    assert_eq!(told(admin.run(&deactivate(sample.admin)).await), last("id"));
    let off = UpdatePerson { is_admin: Some(false), ..update(sample.admin) };
    assert_eq!(told(admin.run(&off).await), last("isAdmin"));
    let on = UpdatePerson { is_admin: Some(true), ..update(sample.leader) };
    admin.run(&on).await.unwrap();
    admin.run(&off).await.unwrap();
    let leader = sample.scope(sample.leader).await;
    assert_eq!(told(leader.run(&deactivate(sample.leader)).await), last("id"));
    let back = DeactivatePerson { deactivate: false, ..deactivate(sample.founder) };
    leader.run(&back).await.unwrap();
    leader.run(&deactivate(sample.leader)).await.unwrap();
}

#[tokio::test]
async fn two_admins_cannot_remove_each_other_at_once() {
    for round in 0..4 {
        let sample = Sample::new().await;
        let (founder, admin) = (sample.scope(sample.founder).await, sample.scope(sample.admin).await);
        let off = |id| UpdatePerson { is_admin: Some(false), ..update(id) };
        let (left, right) = if round % 2 == 0 {
            let (left, right) = (deactivate(sample.admin), deactivate(sample.founder));
            futures_util::future::join(founder.run(&left), admin.run(&right)).await
        } else {
            let (left, right) = (deactivate(sample.admin), off(sample.founder));
            futures_util::future::join(founder.run(&left), admin.run(&right)).await
        };
        assert_eq!(usize::from(left.is_ok()) + usize::from(right.is_ok()), 1, "{left:?} {right:?}");
        let text = "SELECT COUNT(*) FROM person WHERE is_admin AND deactivated_at IS NULL";
        assert_eq!(sample.numbers(text).await, [1]);
    }
}

#[tokio::test]
async fn a_person_has_one_home() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    let sales = admin.run(&new_team("Sales", None)).await.unwrap().id;
    let homes = async || {
        sample.texts("SELECT team.name FROM membership JOIN team ON team.id = team_id WHERE is_home").await
    };
    assert_eq!(homes().await, ["Build"]);
    let kept = sample.installation.scope(&claims(&sample), None).await.unwrap();
    assert_eq!(kept.viewer().member_teams, [sample.team]);
    let add = AddTeamMember { team: sales, person: sample.individual, home: true };
    admin.run(&add).await.unwrap();
    assert_eq!(homes().await, ["Sales"]);
    let kept = sample.installation.scope(&claims(&sample), None).await.unwrap();
    assert_eq!(kept.viewer().member_teams.len(), 2, "known at once, though the clock stands still");
    let events = sample.numbers("SELECT COUNT(*) FROM event").await;
    admin.run(&add).await.unwrap();
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM event").await, events, "nothing changed, no event");
    let back = UpdatePerson { team: Some(Some(sample.team)), ..update(sample.individual) };
    let moved = admin.run(&back).await.unwrap();
    assert_eq!((homes().await, moved.version), (vec!["Build".to_owned()], 2));
    let none = UpdatePerson { team: Some(None), ..update(sample.individual) };
    admin.run(&none).await.unwrap();
    assert!(homes().await.is_empty());
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM membership").await, [2], "still a member of both");
    let moves = [sample.team, sales].map(|team| AddTeamMember { team, ..add });
    futures_util::future::join_all(moves.iter().map(|add| admin.run(add))).await;
    assert_eq!(homes().await.len(), 1);
}

fn claims(sample: &Sample) -> crate::domain::access::jwt::Claims {
    crate::domain::access::jwt::Claims {
        person: sample.individual,
        session: None,
        organization: None,
        issued_at: None,
        expires_at: Instant(i64::MAX),
    }
}

#[tokio::test]
async fn one_organization_cannot_touch_another() {
    let sample = Sample::new().await;
    let bolt = sample.neighbour().await;
    let bob: Scope = sample.scope(bolt.admin).await;
    let rename = UpdatePerson { name: Some("Gone".to_owned()), ..update(sample.individual) };
    assert!(matches!(bob.run(&rename).await, Err(DomainError::NotFound)));
    assert!(matches!(bob.run(&deactivate(sample.individual)).await, Err(DomainError::NotFound)));
    let reset = crate::domain::credential::ResetPassword { person: sample.individual, code_seconds: 9 };
    assert!(matches!(bob.run(&reset).await, Err(DomainError::NotFound)));
    let into = InvitePerson { team: Some(sample.team), ..invitation("X", "x@y.example", Role::Leader) };
    assert_eq!(told(bob.run(&into).await), [("teamId".to_owned(), UserErrorCode::NotFound)]);
    let add = AddTeamMember { team: sample.team, person: bolt.admin, home: true };
    assert_eq!(told(bob.run(&add).await), [("teamId".to_owned(), UserErrorCode::NotFound)]);
    let theirs = bob.run(&new_team("Theirs", None)).await.unwrap().id;
    let pull = AddTeamMember { team: theirs, person: sample.individual, home: true };
    assert_eq!(told(bob.run(&pull).await), [("personId".to_owned(), UserErrorCode::NotFound)]);
    // An address of one organization is free in another.
    bob.run(&invitation("Ina", "ina@acme.example", Role::Individual)).await.unwrap();
}

#[tokio::test]
async fn links_of_who_leaves_say_so_and_come_back_with_them() {
    let sample = Sample::new().await;
    let now = sample.installation.clock().now().0;
    let rows = [
        format!(
            "INSERT INTO objective (id, organization_id, number, code, title, title_folded, state, kind, \
         visibility, progress_source, created_at, updated_at) \
         SELECT id, id, 1, 'O-1', 'Win', 'win', 'ACTIVE', 'COMMITTED', 'ORGANIZATION', 'WORK', {now}, {now} \
         FROM organization"
        ),
        format!(
            "INSERT INTO project (id, organization_id, title, title_folded, state, visibility, progress_basis, created_at, \
         updated_at) SELECT id, id, 'Work', 'work', 'PLANNED', 'ORGANIZATION', 'COUNT', {now}, {now} FROM organization"
        ),
        format!(
            "INSERT INTO alignment_link (id, organization_id, project_id, objective_id, state, significance, \
         origin, weight, owner_id, created_at, updated_at) SELECT organization.id, organization.id, \
         organization.id, organization.id, 'ACTIVE', 'CONTRIBUTES', 'MANUAL', 1, person.id, {now}, {now} \
         FROM organization JOIN person ON person.email = 'ina@acme.example'"
        ),
    ];
    for row in rows {
        sample.installation.rows(&row, sample.installation.binds()).await.unwrap();
    }
    let admin = sample.scope(sample.admin).await;
    let states = || sample.texts("SELECT state || COALESCE('/' || stale_reason, '') FROM alignment_link");
    let gone = admin.run(&deactivate(sample.individual)).await.unwrap();
    assert!(gone.deactivated_at.is_some());
    assert_eq!(states().await, ["STALE/OWNER_LEFT"]);
    let back = DeactivatePerson { deactivate: false, ..deactivate(sample.individual) };
    admin.run(&back).await.unwrap();
    assert_eq!(states().await, ["ACTIVE"]);
    let version = Some(gone.version);
    let stale = DeactivatePerson { expected_version: version, ..deactivate(sample.individual) };
    assert_eq!(told(admin.run(&stale).await), [("expectedVersion".to_owned(), UserErrorCode::Conflict)]);
}
