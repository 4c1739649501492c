//! Places of live connections: so many for each viewer, and so many for each address behind a proxy.

use std::net::{IpAddr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};
use uuid::Uuid;

use super::{
    Front,
    address::{is_proxy, place},
    tally::Place,
};
use crate::graphql::context::RequestInfo;

/// The place of an address, where it is counted here.
pub(super) type AddressPlace = Option<Place<IpAddr>>;

/// All places are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct AllTaken {
    /// How many there are.
    pub(super) most: u32,
    /// Of whom.
    pub(super) whose: &'static str,
}

impl Front {
    /// A place for a live connection of the client's address. Who comes without a proxy is counted with the
    /// connection; whom a proxy brings is known only once the request is read, and may stay as long as others.
    ///
    /// # Errors
    /// When all places are taken.
    pub(super) fn place_of_address(
        &self,
        parts: &Parts,
        info: &RequestInfo,
    ) -> Result<AddressPlace, AllTaken> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let Some(client) = info.client.filter(|_| peer.is_some_and(|peer| is_proxy(peer, &self.proxies)))
        else {
            return Ok(None);
        };
        let taken = self.streams_of_address.take(place(client)).map(Some);
        taken.ok_or(AllTaken { most: self.streams_of_address.most(), whose: "one address" })
    }

    /// A place for a stream of a viewer, and of the address that it goes to.
    ///
    /// # Errors
    /// When all places of either are taken.
    pub(super) fn places_of(
        &self,
        parts: &Parts,
        info: &RequestInfo,
        viewer: Uuid,
    ) -> Result<(AddressPlace, Place<Uuid>), AllTaken> {
        let of_address = self.place_of_address(parts, info)?;
        let of_viewer = self.open_streams.take(viewer);
        let most = self.open_streams.most();
        let of_viewer = of_viewer.ok_or(AllTaken { most, whose: "one viewer" })?;
        Ok((of_address, of_viewer))
    }
}
