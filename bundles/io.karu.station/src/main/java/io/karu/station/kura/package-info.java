/** The station in Kura: its form, its services, its wire components. */
package io.karu.station.kura;
