//! Types that cross as numbers.

use ipc_core::{Exception, ExceptionKind};

fn unexpected(message: String) -> Exception {
    Exception::new(ExceptionKind::Protocol, message)
}

/// An amount of bitcoin: satoshis, as the signed 64-bit integer that Bitcoin Core has for it.
pub mod amount {
    use bitcoin::Amount;
    use ipc_core::{
        Result, Value,
        value::{Kind, Reader, Type, Writer},
    };

    use super::unexpected;

    /// A number of 64 bits.
    pub const KIND: Kind = i64::KIND;

    /// A signed integer.
    pub fn ty() -> Type {
        i64::ty()
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is more than there can ever be, [`Amount::MAX_MONEY`].
    pub fn write<W: Writer>(value: &Amount, writer: W) -> Result<()> {
        let satoshis = i64::try_from(value.to_sat()).ok().filter(|_| *value <= Amount::MAX_MONEY);
        writer.prim(satoshis.ok_or_else(|| out_of_range(value.to_sat()))?)
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is negative or more than there can ever be.
    pub fn read<R: Reader>(reader: R) -> Result<Amount> {
        let satoshis = reader.prim::<i64>()?;
        let amount = u64::try_from(satoshis).ok().map(Amount::from_sat).filter(|amount| *amount <= Amount::MAX_MONEY);
        amount.ok_or_else(|| out_of_range(satoshis))
    }

    fn out_of_range(found: impl std::fmt::Display) -> ipc_core::Exception {
        unexpected(format!("expected an amount from 0 to {} satoshis, got {found}", Amount::MAX_MONEY.to_sat()))
    }
}

/// A network: an enum, whose names are those of Bitcoin Core's `-chain`.
pub mod network {
    use bitcoin::Network;
    use ipc_core::{
        Exception, Result, Value,
        value::{Kind, Reader, Type, TypeName, Writer},
    };

    use super::unexpected;

    /// In the order of their numbers.
    const NETWORKS: [(Network, &str); 5] = [
        (Network::Bitcoin, "Main"),
        (Network::Testnet, "Test"),
        (Network::Testnet4, "Testnet4"),
        (Network::Signet, "Signet"),
        (Network::Regtest, "Regtest"),
    ];

    /// A number of 16 bits.
    pub const KIND: Kind = u16::KIND;

    /// An enum without data.
    pub fn ty() -> Type {
        const NAMES: &[&str] = &[NETWORKS[0].1, NETWORKS[1].1, NETWORKS[2].1, NETWORKS[3].1, NETWORKS[4].1];
        Type::Enum(TypeName { module: module_path!(), name: "Network".into() }, NAMES)
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// `Protocol` if it is a network that this version has no number for.
    pub fn write<W: Writer>(value: &Network, writer: W) -> Result<()> {
        let number = NETWORKS.iter().position(|(network, _)| network == value).and_then(|n| u16::try_from(n).ok());
        writer.prim(number.ok_or_else(|| unexpected(format!("the network {value} has no number")))?)
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// `Protocol` if there is no network with that number.
    pub fn read<R: Reader>(reader: R) -> Result<Network> {
        let number = reader.prim::<u16>()?;
        let found = NETWORKS.get(usize::from(number)).map(|(network, _)| *network);
        found.ok_or_else(|| unknown(number))
    }

    fn unknown(number: u16) -> Exception {
        unexpected(format!("expected the number of a network, 0 to {}, got {number}", NETWORKS.len() - 1))
    }
}
