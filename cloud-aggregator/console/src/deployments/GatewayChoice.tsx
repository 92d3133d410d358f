import { Checkbox, FormGroup } from '@patternfly/react-core';
import { useGateways } from '../api/queries';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';

interface Props {
  chosen: string[];
  choose: (gateways: string[]) => void;
}

/** Which gateways; one that is not online is told, its job waits. */
export function GatewayChoice({ chosen, choose }: Props) {
  const { t } = useWords();
  const gateways = useGateways();
  return (
    <FormGroup role="group" label={t('deployments.gateways')} isRequired isStack>
      <Reading query={gateways}>
        {(all) =>
          all.map(({ clientId, state }) => (
            <Checkbox
              key={clientId}
              id={`gateway-${clientId}`}
              label={state === 'ONLINE' ? clientId : `${clientId} (${t('deployments.offline')})`}
              isChecked={chosen.includes(clientId)}
              onChange={(_, on) => choose(on ? [...chosen, clientId] : chosen.filter((other) => other !== clientId))}
            />
          ))
        }
      </Reading>
    </FormGroup>
  );
}
