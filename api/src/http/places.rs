//! Places of live connections: so many for each viewer, and so many for each address behind a proxy.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts, response::Response};
use uuid::Uuid;

use super::{
    Front,
    address::{is_proxy, place},
    refusal::too_many_streams,
    tally::Place,
};
use crate::graphql::context::RequestInfo;

/// The place of an address, where it is counted here.
pub(super) type AddressPlace = Option<Place<IpAddr>>;

impl Front {
    /// A place for a live connection of the client's address. Who comes without a proxy is counted with the
    /// connection; whom a proxy brings is known only once the request is read, and may stay as long as others.
    ///
    /// # Errors
    /// The answer when all places are taken.
    pub(super) fn place_of_address(
        &self,
        parts: &Parts,
        info: &RequestInfo,
    ) -> Result<AddressPlace, Response> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let Some(client) = info.client.filter(|_| peer.is_some_and(|peer| is_proxy(peer, &self.proxies)))
        else {
            return Ok(None);
        };
        let taken = self.streams_of_address.take(place(client)).map(Some);
        taken.ok_or_else(|| too_many_streams(self.streams_of_address.most(), "one address"))
    }

    /// A place for a stream of a viewer, and of the address that it goes to.
    ///
    /// # Errors
    /// The answer when all places of either are taken.
    pub(super) fn places_of(
        &self,
        parts: &Parts,
        info: &RequestInfo,
        viewer: Uuid,
    ) -> Result<(AddressPlace, Place<Uuid>), Response> {
        let of_address = self.place_of_address(parts, info)?;
        let of_viewer = self.open_streams.take(viewer);
        let of_viewer = of_viewer.ok_or_else(|| too_many_streams(self.open_streams.most(), "one viewer"))?;
        Ok((of_address, of_viewer))
    }
}
