import { Flex, FlexItem, PageSection, Title } from '@patternfly/react-core';
import { useEffect, type ReactNode } from 'react';

interface Props {
  title: ReactNode;
  /** Name of the page in the browser's tab. */
  name: string;
  summary?: ReactNode;
  actions?: ReactNode;
  breadcrumb?: ReactNode;
  children: ReactNode;
}

/** A page: what it is, what can be done, then its content. */
export function PageBody({ title, name, summary, actions, breadcrumb, children }: Props) {
  useEffect(() => {
    document.title = `${name} · Karu`;
  }, [name]);
  return (
    <>
      <PageSection className="karu-head" hasBodyWrapper={false}>
        {breadcrumb}
        <Flex alignItems={{ default: 'alignItemsCenter' }} gap={{ default: 'gapMd' }}>
          <FlexItem grow={{ default: 'grow' }}>
            <Title headingLevel="h1" size="2xl">
              {title}
            </Title>
            {summary && <div className="karu-summary">{summary}</div>}
          </FlexItem>
          {actions && <FlexItem>{actions}</FlexItem>}
        </Flex>
      </PageSection>
      <PageSection hasBodyWrapper={false} isFilled>
        {children}
      </PageSection>
    </>
  );
}
