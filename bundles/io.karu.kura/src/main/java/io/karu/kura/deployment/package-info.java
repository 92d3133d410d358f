/**
 * Deployment packages: written, read and checked before they are offered to a gateway. The format
 * is that of the OSGi Deployment Admin specification, narrowed to what Apache Felix DeploymentAdmin
 * 0.9.5 accepts in a Kura.
 */
package io.karu.kura.deployment;
