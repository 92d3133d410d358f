/**
 * Signatures of model versions: Ed25519 or ECDSA on P-256 in DSSE envelopes
 * (github.com/secure-systems-lab/dsse, protocol 1.0) over manifests, trust statements and rollback
 * orders (docs/contracts.md, "Signatures"). Plain Java; the aggregator signs and the gateway
 * verifies with the same classes.
 */
package io.karu.modelversion.signing;
