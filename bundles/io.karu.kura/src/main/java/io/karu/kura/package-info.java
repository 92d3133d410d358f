/**
 * Kura's wire protocol as plain Java: payloads, topics, requests and replies. Shared by the
 * development gateway and by the aggregator; contained in whatever uses it, never installed by
 * itself.
 */
package io.karu.kura;
