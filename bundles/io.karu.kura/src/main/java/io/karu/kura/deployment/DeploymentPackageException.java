package io.karu.kura.deployment;

import java.util.List;
import java.util.stream.Collectors;

/** A deployment package that cannot be read or written; says why in findings. */
public final class DeploymentPackageException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<Finding> findings;

    DeploymentPackageException(List<Finding> findings) {
        super(findings.stream().map(Finding::toString).collect(Collectors.joining("; ")));
        this.findings = List.copyOf(findings);
    }

    DeploymentPackageException(Finding.Code code, String subject, String message) {
        this(List.of(new Finding(code, subject, message)));
    }

    /** At least one, each an error. */
    public List<Finding> findings() {
        return findings;
    }
}
