/**
 * Gateways that speak Kura's protocol and do what a test tells them: life cycle, DEPLOY-V2,
 * INVENTORY-V1, CONF-V2, KARU-V1, verdicts and evidence. Written from the protocol's description.
 */
package io.karu.simulator;
