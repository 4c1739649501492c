//! How people settle unresolved references: by saying which goal is meant, or that none is.
//!
//! What is said holds for the code in that piece of work, wherever in its texts it stands, and for as long as it
//! stands there: a code that comes back later is a new reference.

use entity::{LinkOrigin, link_evidence};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    access::Action,
    error::{DomainError, Result, UserErrorCode},
    link_create::{CreateLink, LinkMade},
    link_target::{LinkGoal, LinkSource},
    project::ProjectRow,
    unresolved_token::UnresolvedTokenRow,
    write::{Command, Write, digest_of},
};

/// Says which goal an unresolved reference means: links the work to it by hand.
#[derive(Clone, Debug)]
pub struct ResolveToken {
    /// The reference.
    pub id: Uuid,
    /// The goal that is meant.
    pub goal: LinkGoal,
}

/// A reference that was settled by a link.
#[derive(Clone, Debug)]
pub struct TokenResolved {
    /// The reference as it is now.
    pub token: UnresolvedTokenRow,
    /// The link.
    pub made: LinkMade,
}

impl Command for ResolveToken {
    type Output = TokenResolved;

    async fn run(&self, write: &mut Write) -> Result<TokenResolved> {
        let token: UnresolvedTokenRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let source = source_of(&token)?;
        write.lock_ends(source, self.goal).await?;
        let token = write.lock_open_token(self.id).await?;
        let wish = CreateLink { id: None, source, goal: self.goal, significance: None, weight: None };
        let made = write.tie(&wish, &digest_of(&wish)).await?;
        write.name_token(made.link.id, &token).await?;
        let person = write.viewer().person_id;
        let settled = vec![("resolved_at", write.now.0.into()), ("resolved_by_id", person.into())];
        write.settle_tokens(source, &token.code, settled).await?;
        Ok(TokenResolved { token: write.reread(self.id).await?, made })
    }
}

/// Says that an unresolved reference is not to be matched, or takes that back.
#[derive(Clone, Copy, Debug)]
pub struct DismissToken {
    /// The reference.
    pub id: Uuid,
    /// False takes a dismissal back.
    pub dismissed: bool,
}

impl Command for DismissToken {
    type Output = UnresolvedTokenRow;

    async fn run(&self, write: &mut Write) -> Result<UnresolvedTokenRow> {
        let token: UnresolvedTokenRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let source = source_of(&token)?;
        write.lock_source(source).await?;
        let facts = write.source_facts(source).await?;
        write.viewer().permit_work::<ProjectRow>(Action::Link, facts.work, facts.row)?;
        let token = write.lock_open_token(self.id).await?;
        if token.dismissed_at.is_some() == self.dismissed {
            return Ok(token);
        }
        let (at, by) = (write.now.0, write.viewer().person_id);
        let settled = vec![
            ("dismissed_at", self.dismissed.then_some(at).into()),
            ("dismissed_by_id", self.dismissed.then_some(by).into()),
        ];
        write.settle_tokens(source, &token.code, settled).await?;
        if !self.dismissed {
            // A goal may have come meanwhile.
            write.ask_to_resolve_references().await?;
        }
        write.reread(self.id).await
    }
}

fn source_of(token: &UnresolvedTokenRow) -> Result<LinkSource> {
    let project = token.project_id.map(LinkSource::Project);
    project
        .or(token.task_id.map(LinkSource::Task))
        .ok_or_else(|| DomainError::Internal(format!("reference {} stands in no work", token.id)))
}

impl Write {
    /// Locks a reference that still waits to be settled.
    async fn lock_open_token(&self, id: Uuid) -> Result<UnresolvedTokenRow> {
        let token: UnresolvedTokenRow = self.lock(id).await?;
        if token.resolved_at.is_some() {
            let what = format!("{} leads to a goal by now, or stands there no more", token.code);
            return Err(DomainError::user("id", UserErrorCode::NotNow, what));
        }
        Ok(token)
    }

    /// Settles every open reference by a code in a piece of work.
    async fn settle_tokens(
        &mut self,
        source: LinkSource,
        code: &str,
        sets: Vec<(&'static str, sea_orm::Value)>,
    ) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("unresolved_token"), Alias::new(name)));
        let (column, id) = source.column();
        self.look_again.hear_work(source.subject());
        let these =
            Condition::all().add(of(column).eq(id)).add(of("code").eq(code)).add(of("resolved_at").is_null());
        self.set_where("unresolved_token", sets, these).await.map(|_| ())
    }

    /// Names the reference in the evidence of the person's word for a link.
    async fn name_token(&self, link: Uuid, token: &UnresolvedTokenRow) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("link_evidence"), Alias::new(name)));
        let person = self.viewer().person_id;
        let own = Condition::all()
            .add(of("alignment_link_id").eq(link))
            .add(of("origin").eq(LinkOrigin::Manual))
            .add(of("person_id").eq(person))
            .add(of("removed_at").is_null())
            .add(of("code").is_null());
        let sets = vec![
            ("field", token.field.into()),
            ("text", token.text.clone().into()),
            ("position", token.position.into()),
            ("code", token.code.clone().into()),
        ];
        if self.set_where("link_evidence", sets, own).await? > 0 {
            return Ok(());
        }
        // Their word names another reference already.
        self.insert::<link_evidence::Entity>(link_evidence::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            alignment_link_id: Set(link),
            origin: Set(LinkOrigin::Manual),
            field: Set(Some(token.field)),
            text: Set(Some(token.text.clone())),
            position: Set(Some(token.position)),
            code: Set(Some(token.code.clone())),
            successor_code: Set(None),
            person_id: Set(Some(person)),
            removed_at: Set(None),
            created_at: Set(self.now),
        })
        .await
    }
}
