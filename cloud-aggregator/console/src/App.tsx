import {
  Bullseye,
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  Label,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  MenuToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Spinner,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
  Tooltip,
} from '@patternfly/react-core';
import { BarsIcon, LanguageIcon, MoonIcon, SunIcon } from '@patternfly/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Navigate, NavLink, Route, Routes, useLocation } from 'react-router';
import { api, onLoggedOut, rememberCsrfToken, type Session } from './api/client';
import { useLiveUpdates } from './api/events';
import { keys, useSession } from './api/queries';
import { Eye } from './elements/Eye';
import { Failure } from './elements/Reading';
import { useWords } from './i18n';
import { LoginPage } from './login/LoginPage';
import { PasswordDialog } from './login/PasswordDialog';
import { useTheme } from './theme';

const FleetPage = lazy(() => import('./fleet/FleetPage'));
const GatewayPage = lazy(() => import('./gateway/GatewayPage'));
const VerdictsPage = lazy(() => import('./verdicts/VerdictsPage'));
const DeploymentsPage = lazy(() => import('./deployments/DeploymentsPage'));
const RolloutsPage = lazy(() => import('./rollouts/RolloutsPage'));
const ModelsPage = lazy(() => import('./models/ModelsPage'));
const ModelPage = lazy(() => import('./models/ModelPage'));
const VersionPage = lazy(() => import('./models/VersionPage'));
const IdentitiesPage = lazy(() => import('./identity/IdentitiesPage'));
const AuditPage = lazy(() => import('./audit/AuditPage'));

export function App() {
  const [theme, toggleTheme] = useTheme();
  const session = useSession();
  const client = useQueryClient();
  const { t } = useWords();

  useEffect(() => onLoggedOut(() => void client.resetQueries({ queryKey: keys.session })), [client]);
  if (session.data) rememberCsrfToken(session.data);

  if (session.isPending)
    return (
      <Bullseye className="karu-whole">
        <Spinner aria-label={t('state.loading')} />
      </Bullseye>
    );
  if (session.error && 'code' in session.error && session.error.code === 'NO_ANSWER')
    return (
      <Bullseye className="karu-whole">
        <Failure error={session.error} retry={() => session.refetch()} />
      </Bullseye>
    );
  if (!session.data) return <LoginPage theme={theme} toggleTheme={toggleTheme} />;
  return <Frame session={session.data} theme={theme} toggleTheme={toggleTheme} />;
}

export interface Appearance {
  theme: 'light' | 'dark';
  toggleTheme: () => void;
}

function Frame({ session, theme, toggleTheme }: Appearance & { session: Session }) {
  const { t } = useWords();
  const live = useLiveUpdates();
  const { pathname } = useLocation();
  const destinations = [
    { to: '/fleet', name: t('nav.fleet') },
    { to: '/verdicts', name: t('nav.verdicts') },
    { to: '/deployments', name: t('nav.deployments') },
    { to: '/rollouts', name: t('nav.rollouts') },
    { to: '/models', name: t('nav.models') },
    { to: '/identities', name: t('nav.identities') },
    ...(session.role === 'ADMIN' ? [{ to: '/audit', name: t('nav.audit') }] : []),
  ];
  return (
    <Page
      isManagedSidebar
      defaultManagedSidebarIsOpen={window.innerWidth >= 1200}
      skipToContent={<SkipToContent href="#content">{t('nav.skip')}</SkipToContent>}
      mainContainerId="content"
      masthead={
        <Masthead>
          <MastheadMain>
            <MastheadToggle>
              <PageToggleButton aria-label={t('nav.main')} variant="plain">
                <BarsIcon />
              </PageToggleButton>
            </MastheadToggle>
            <MastheadBrand>
              <MastheadLogo component={(props) => <NavLink {...props} to="/fleet" />} className="karu-logo" aria-label="Karu">
                <Eye />
                <span>Karu</span>
              </MastheadLogo>
            </MastheadBrand>
          </MastheadMain>
          <MastheadContent>
            <Toolbar isStatic>
              <ToolbarContent>
                <ToolbarGroup align={{ default: 'alignEnd' }} variant="action-group-plain" gap={{ default: 'gapSm' }}>
                  <ToolbarItem alignSelf="center">
                    {live ? (
                      <Label isCompact color="teal" icon={<span className="karu-pulse" />}>
                        {t('live.on')}
                      </Label>
                    ) : (
                      <Tooltip content={t('live.offHint')}>
                        <Label isCompact status="warning">
                          {t('live.off')}
                        </Label>
                      </Tooltip>
                    )}
                  </ToolbarItem>
                  <ToolbarItem>
                    <AppearanceButtons theme={theme} toggleTheme={toggleTheme} />
                  </ToolbarItem>
                  <ToolbarItem>
                    <AccountMenu name={session.name} />
                  </ToolbarItem>
                </ToolbarGroup>
              </ToolbarContent>
            </Toolbar>
          </MastheadContent>
        </Masthead>
      }
      sidebar={
        <PageSidebar>
          <PageSidebarBody>
            <Nav aria-label={t('nav.main')}>
              <NavList>
                {destinations.map(({ to, name }) => (
                  <NavItem key={to} isActive={pathname.startsWith(to)}>
                    <NavLink to={to}>{name}</NavLink>
                  </NavItem>
                ))}
              </NavList>
            </Nav>
          </PageSidebarBody>
        </PageSidebar>
      }
    >
      <Suspense
        fallback={
          <Bullseye className="karu-reading">
            <Spinner aria-label={t('state.loading')} />
          </Bullseye>
        }
      >
        <Routes>
          <Route path="/fleet" element={<FleetPage />} />
          <Route path="/fleet/:clientId" element={<GatewayPage />} />
          <Route path="/fleet/:clientId/:tab" element={<GatewayPage />} />
          <Route path="/verdicts" element={<VerdictsPage />} />
          <Route path="/deployments" element={<DeploymentsPage />} />
          <Route path="/rollouts" element={<RolloutsPage />} />
          <Route path="/models" element={<ModelsPage />} />
          <Route path="/models/:name" element={<ModelPage tab="versions" />} />
          <Route path="/models/:name/compare" element={<ModelPage tab="compare" />} />
          <Route path="/models/:name/lineage" element={<ModelPage tab="lineage" />} />
          <Route path="/models/:name/aliases" element={<ModelPage tab="aliases" />} />
          <Route path="/models/:name/:digest" element={<VersionPage />} />
          <Route path="/models/:name/:digest/:tab" element={<VersionPage />} />
          <Route path="/identities" element={<IdentitiesPage />} />
          <Route path="/audit" element={<AuditPage />} />
          <Route path="*" element={<Navigate to="/fleet" replace />} />
        </Routes>
      </Suspense>
    </Page>
  );
}

export function AppearanceButtons({ theme, toggleTheme }: Appearance) {
  const { t, toggle } = useWords();
  return (
    <>
      <Button variant="plain" onClick={toggle} aria-label={t('language.label')} icon={<LanguageIcon />} />
      <Button
        variant="plain"
        onClick={toggleTheme}
        aria-label={theme === 'dark' ? t('theme.light') : t('theme.dark')}
        icon={theme === 'dark' ? <SunIcon /> : <MoonIcon />}
      />
    </>
  );
}

function AccountMenu({ name }: { name: string }) {
  const { t } = useWords();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [changing, setChanging] = useState(false);
  const logout = async () => {
    await api.DELETE('/api/v1/session').catch(() => {});
    client.clear();
    await client.resetQueries({ queryKey: keys.session });
    window.location.assign('/');
  };
  return (
    <>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle ref={ref} onClick={() => setOpen(!open)} isExpanded={open} aria-label={t('menu.user', { name })}>
            {name}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {!name.startsWith('oidc:') && <DropdownItem onClick={() => setChanging(true)}>{t('menu.password')}</DropdownItem>}
          <DropdownItem onClick={logout}>{t('menu.logout')}</DropdownItem>
        </DropdownList>
      </Dropdown>
      {changing && <PasswordDialog close={() => setChanging(false)} />}
    </>
  );
}
