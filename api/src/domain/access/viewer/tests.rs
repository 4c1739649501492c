use super::*;

fn viewer(role: Role) -> Viewer {
    Viewer {
        organization_id: Uuid::from_u128(1),
        person_id: Uuid::from_u128(2),
        session_id: None,
        token: None,
        actor: Actor::Person(Uuid::from_u128(2)),
        role,
        is_admin: false,
        sight: if role == Role::Leader { Sight::Everything } else { Sight::Goals },
        member_teams: vec![Uuid::from_u128(3)],
        managed_teams: Vec::new(),
        seen_teams: vec![Uuid::from_u128(3)],
        settings: Arc::default(),
        time_zone: Tz::UTC,
        backend: DbBackend::Sqlite,
    }
}

fn token(id: u128, scopes: &[TokenScope], sight: Sight) -> Viewer {
    let id = Uuid::from_u128(id);
    let identity = TokenIdentity { id, scopes: scopes.to_vec(), expires_at: Instant(1), last_used_at: None };
    Viewer {
        person_id: Uuid::nil(),
        token: Some(identity),
        actor: Actor::Token(id),
        sight,
        ..viewer(Role::Individual)
    }
}

fn digest(key: &SightKey) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Whether both are given the same; equal keys have equal digests.
fn share(one: Viewer, other: Viewer) -> bool {
    let (one, other) = (SightKey::of(&Arc::new(one)), SightKey::of(&Arc::new(other)));
    let equal = one == other;
    assert!(!equal || digest(&one) == digest(&other));
    assert_eq!(equal, other == one);
    equal
}

#[test]
fn whoever_sees_everything_shares_with_others_who_do() {
    let other = || Viewer { person_id: Uuid::from_u128(9), ..viewer(Role::Leader) };
    assert!(share(viewer(Role::Leader), other()));
    assert!(!viewer(Role::Leader).has_rights_of(&other()), "whose streams end apart");
    let one = |id| token(id, &[TokenScope::ReadAll], Sight::Everything);
    assert!(share(one(7), one(8)));
    assert!(share(token(7, &[TokenScope::Read], Sight::Goals), token(8, &[TokenScope::Read], Sight::Goals)));
    assert!(!one(7).has_rights_of(&one(8)));
}

#[test]
fn a_leader_shares_with_no_token() {
    // Both see every row, but a leader is shown what is a leader's to act on.
    let token = token(7, &[TokenScope::ReadAll], Sight::Everything);
    assert!(!share(viewer(Role::Leader), token.clone()));
    let scopes = [TokenScope::ReadAll, TokenScope::RecordValues];
    assert!(!share(token, self::token(8, &scopes, Sight::Everything)));
}

#[test]
fn nobody_shares_with_who_had_other_rights() {
    type Change = fn(&mut Viewer);
    let changes: [(&str, Change); 9] = [
        ("organization", |viewer| viewer.organization_id = Uuid::from_u128(9)),
        ("role", |viewer| viewer.role = Role::Manager),
        ("admin", |viewer| viewer.is_admin = true),
        ("sight", |viewer| viewer.sight = Sight::Nothing),
        ("member", |viewer| viewer.member_teams.clear()),
        ("manager", |viewer| viewer.managed_teams.push(Uuid::from_u128(4))),
        ("settings", |viewer| {
            let grace_days = viewer.settings.grace_days + 1;
            viewer.settings = Arc::new(Settings { grace_days, ..Settings::default() });
        }),
        ("time zone", |viewer| viewer.time_zone = Tz::Europe__Berlin),
        ("token", |viewer| viewer.token = token(7, &[TokenScope::Read], Sight::Goals).token),
    ];
    for role in [Role::Leader, Role::Individual] {
        for (what, change) in changes {
            let mut changed = viewer(role);
            change(&mut changed);
            assert!(!viewer(role).has_rights_of(&changed), "{what}");
            assert!(!share(viewer(role), changed), "{what} of {role:?}");
        }
        assert!(share(viewer(role), viewer(role)));
    }
    let other = Viewer { person_id: Uuid::from_u128(9), ..viewer(Role::Individual) };
    assert!(!share(viewer(Role::Individual), other));
}
