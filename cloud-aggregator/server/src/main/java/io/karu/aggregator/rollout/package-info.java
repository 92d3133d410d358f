/**
 * Rollouts: an artefact reaches a fleet group by group, behind gates that read evidence from the
 * field. Changes themselves are jobs of {@code deployment}.
 */
package io.karu.aggregator.rollout;
