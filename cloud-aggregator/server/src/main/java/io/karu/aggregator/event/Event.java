package io.karu.aggregator.event;

import io.karu.aggregator.audit.AuditEntry;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobEntry;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.GatewayIdentity;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.verdict.Overrule;
import io.karu.aggregator.verdict.StoredVerdict;
import java.util.List;

/** Something that a watching person wants to see without asking again. */
public sealed interface Event {
    /** Presence, inventory, health, drift or description of a gateway changed. */
    record GatewayChanged(Gateway gateway) implements Event {}

    /** A gateway was removed from the fleet. */
    record GatewayRemoved(GatewayId gateway) implements Event {}

    /** A job was created or advanced. */
    record JobChanged(Job job) implements Event {}

    /** A line was added to a job's history. */
    record JobLogged(long job, JobEntry entry) implements Event {}

    /** New verdicts were stored (duplicates are not repeated here). */
    record VerdictsStored(List<StoredVerdict> verdicts) implements Event {}

    /** A person overruled a verdict. */
    record VerdictOverruled(Overrule overrule) implements Event {}

    /** A rollout was created or advanced. */
    record RolloutChanged(Rollout rollout) implements Event {}

    /** A model version was registered. */
    record ModelRegistered(ModelVersion version) implements Event {}

    /** A line was added to the audit log. */
    record Audited(AuditEntry entry) implements Event {}

    /** Description, tags, aliases, versions or use of a model changed. */
    record ModelChanged(String name) implements Event {}

    /** The certificate, the last connection or the enrolment of a gateway changed. */
    record IdentityChanged(GatewayIdentity identity) implements Event {}
}
