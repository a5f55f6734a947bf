/**
 * Who gets which answer from each endpoint of the management API, as data: no cell is reckoned from an endpoint's
 * `access` or by the policy. `ok` is the endpoint's own answer, all others are statuses.
 *
 * Of what (see `askingOf`): `-` what belongs to the organisation acme, or to nothing; `private`, `public` and
 * `absent` are repositories of it, or what belongs to one; `absent` is also a grant, a robot, a key or an account
 * that is not there; `nowhere` is an organisation that is not there; `another`'s is not the asker's own.
 *
 * Who (see `Tenancy`): nobody; a wrong password; a registry token; somebody disabled; people by password, namely
 * an outsider, a member of acme without a right, a member whose team has push on web*, who has maintain on the
 * one private repository, who has admin on it, the person concerned (a member too), an owner; the owner's access
 * tokens without the API, with it, and with it and scopes; a robot of acme with pull on web*; an
 * administrator of the site by a token without the API, and by password; the operator by the server's socket.
 */
const ANSWERS = `
  endpoint                         of       nobody wrong regtoken disabled outsider member pusher maintain admin self owner token api scoped robot sitetoken site operator
  account.show                     -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  account.update                   -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  account.change-password          -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  account.add-favourite            private  401    401   401      401      404      404    ok     ok       ok    404  ok    403   ok  403    403   403       ok   409
  account.add-favourite            public   401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  account.add-favourite            absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    403   403       404  409
  account.add-favourite            nowhere  401    401   401      401      404      404    404    404      404   404  404   403   404 403    403   403       404  409
  account.remove-favourite         private  401    401   401      401      404      404    ok     ok       ok    404  ok    403   ok  403    403   403       ok   409
  account.remove-favourite         public   401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  account.remove-favourite         absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    403   403       404  409
  account.remove-favourite         nowhere  401    401   401      401      404      404    404    404      404   404  404   403   404 403    403   403       404  409
  tokens.list                      -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  tokens.create                    -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  tokens.revoke                    -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  tokens.revoke                    another  401    401   401      401      404      404    404    404      404   ok   404   403   404 403    403   403       404  409

  organisations.list               -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  organisations.create             -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  organisations.show               -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  organisations.show               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.update             -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.update             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.rename             -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.rename             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.delete             -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.delete             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.list-members       -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  organisations.list-members       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.add-member         -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.add-member         nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.remove-member      -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.remove-member      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.leave              -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       404  404
  organisations.leave              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.invite             -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.invite             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.list-invitations   -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.list-invitations   nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  organisations.revoke-invitation  -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  organisations.revoke-invitation  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.list                       -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  teams.list                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.create                     -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.create                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.show                       -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  teams.show                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.update                     -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.update                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.delete                     -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.delete                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.add-member                 -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.add-member                 nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.remove-member              -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.remove-member              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.add-group                  -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.add-group                  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  teams.remove-group               -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  teams.remove-group               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404

  grants.list                      -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  grants.list                      private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  grants.list                      public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  grants.list                      absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  grants.list                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  grants.create                    -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  grants.create                    private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  grants.create                    public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  grants.create                    absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  grants.create                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  grants.who                       -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  grants.who                       private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  grants.who                       public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  grants.who                       absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  grants.who                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.list                      -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  robots.list                      private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  robots.list                      public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  robots.list                      absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  robots.list                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.create                    -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  robots.create                    private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  robots.create                    public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  robots.create                    absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  robots.create                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  grants.delete                    -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  grants.delete                    private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  grants.delete                    absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  grants.delete                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.show                      -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.show                      private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.show                      absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.show                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.update                    -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.update                    private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.update                    absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.update                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.delete                    -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.delete                    private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.delete                    absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.delete                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.list-secrets              -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.list-secrets              private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.list-secrets              absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.list-secrets              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.create-secret             -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.create-secret             private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.create-secret             absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.create-secret             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.revoke-secret             -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.revoke-secret             private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.revoke-secret             absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.revoke-secret             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.list-trusts               -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.list-trusts               private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.list-trusts               absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.list-trusts               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.create-trust              -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.create-trust              private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.create-trust              absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.create-trust              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  robots.delete-trust              -        401    401   401      401      404      404    404    404      404   404  ok    403   ok  403    404   403       ok   ok
  robots.delete-trust              private  401    401   401      401      404      404    404    404      ok    404  ok    403   ok  403    404   403       ok   ok
  robots.delete-trust              absent   401    401   401      401      404      404    404    404      404   404  404   403   404 403    404   403       404  404
  robots.delete-trust              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404

  repositories.list                -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  repositories.create              private  401    401   401      401      403      403    403    403      409   403  409   403   409 403    403   403       409  409
  repositories.create              public   401    401   401      401      403      403    403    403      403   403  409   403   409 403    403   403       409  409
  repositories.create              absent   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.create              nowhere  401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  repositories.show                private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  repositories.show                public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  repositories.show                absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  repositories.show                nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  repositories.update              private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  repositories.update              public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.update              absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  repositories.update              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  repositories.set-readme          private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  repositories.set-readme          public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.set-readme          absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  repositories.set-readme          nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  repositories.set-visibility      private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  repositories.set-visibility      public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.set-visibility      absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  repositories.set-visibility      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  repositories.move                private  401    401   401      401      404      404    403    403      403   404  ok    403   ok  403    403   403       ok   ok
  repositories.move                public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.move                absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  repositories.move                nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  repositories.delete              private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  repositories.delete              public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  repositories.delete              absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  repositories.delete              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  tags.list                        private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  tags.list                        public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  tags.list                        absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.list                        nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.latest                      -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  tags.history                     private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  tags.history                     public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  tags.history                     absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.history                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.restore                     private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     403   ok        ok   ok
  tags.restore                     public   401    401   401      401      403      403    ok     403      403   403  ok    ok    ok  ok     403   ok        ok   ok
  tags.restore                     absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    403   404       404  404
  tags.restore                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.rehearse-deletion           private  401    401   401      401      404      404    403    ok       ok    404  ok    ok    ok  403    403   ok        ok   ok
  tags.rehearse-deletion           public   401    401   401      401      403      403    403    403      403   403  ok    ok    ok  403    403   ok        ok   ok
  tags.rehearse-deletion           absent   401    401   401      401      404      404    403    404      404   404  404   404   404 403    403   404       404  404
  tags.rehearse-deletion           nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.delete                      private  401    401   401      401      404      404    403    ok       ok    404  ok    ok    ok  403    403   ok        ok   ok
  tags.delete                      public   401    401   401      401      403      403    403    403      403   403  ok    ok    ok  403    403   ok        ok   ok
  tags.delete                      absent   401    401   401      401      404      404    403    404      404   404  404   404   404 403    403   404       404  404
  tags.delete                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.show-immutable              private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  tags.show-immutable              public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  tags.show-immutable              absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.show-immutable              nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  tags.set-immutable               private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  tags.set-immutable               public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  tags.set-immutable               absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  tags.set-immutable               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  tags.show-immutable-in           -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  tags.show-immutable-in           nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  tags.set-immutable-in            -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  tags.set-immutable-in            nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  images.show                      private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  images.show                      public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  images.show                      absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  images.show                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  images.referrers                 private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  images.referrers                 public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  images.referrers                 absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  images.referrers                 nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  images.compare                   private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  images.compare                   public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  images.compare                   absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  images.compare                   nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.list                       private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  files.list                       public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  files.list                       absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.list                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.search                     private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  files.search                     public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  files.search                     absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.search                     nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.space                      private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  files.space                      public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  files.space                      absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.space                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.compare                    private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  files.compare                    public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  files.compare                    absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  files.compare                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  webhooks.list                    -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.list                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.create                  -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.create                  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.update                  -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.update                  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.rotate-secret           -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.rotate-secret           nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.delete                  -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.delete                  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.ping                    -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.ping                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.list-deliveries         -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.list-deliveries         nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  webhooks.redeliver               -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  webhooks.redeliver               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  quotas.show                      -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  quotas.show                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  quotas.set                       -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  quotas.set                       nowhere  401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  retention.show                   private  401    401   401      401      404      404    ok     ok       ok    404  ok    ok    ok  ok     ok    ok        ok   ok
  retention.show                   public   ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  retention.show                   absent   401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  retention.show                   nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   404       404  404
  retention.set                    private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  retention.set                    public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  retention.set                    absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  retention.set                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  retention.show-in                -        401    401   401      401      404      ok     ok     404      404   ok   ok    403   ok  403    404   403       ok   ok
  retention.show-in                nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  retention.set-in                 -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  retention.set-in                 nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  retention.rehearse               private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  retention.rehearse               public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  retention.rehearse               absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  retention.rehearse               nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  retention.apply                  private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  retention.apply                  public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  retention.apply                  absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  retention.apply                  nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  trash.list                       private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  trash.list                       public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  trash.list                       absent   401    401   401      401      404      404    403    404      404   404  ok    403   ok  403    403   403       ok   ok
  trash.list                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       ok   ok
  trash.list-in                    -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  trash.list-in                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       ok   ok
  trash.list-all                   -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  trash.show                       private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  trash.show                       public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  trash.show                       absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  trash.show                       nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  trash.list-manifests             private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  trash.list-manifests             public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  trash.list-manifests             absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  trash.list-manifests             nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  trash.restore                    private  401    401   401      401      404      404    403    ok       ok    404  ok    403   ok  403    403   403       ok   ok
  trash.restore                    public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  trash.restore                    absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  trash.restore                    nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  trash.purge                      private  401    401   401      401      404      404    403    403      ok    404  ok    403   ok  403    403   403       ok   ok
  trash.purge                      public   401    401   401      401      403      403    403    403      403   403  ok    403   ok  403    403   403       ok   ok
  trash.purge                      absent   401    401   401      401      404      404    403    404      404   404  404   403   404 403    403   403       404  404
  trash.purge                      nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       404  404
  why                              -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  why                              another  401    401   401      401      403      403    403    403      ok    ok   ok    403   ok  403    403   403       ok   ok

  accounts.list                    -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.create                  -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.show                    -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.show                    absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.update                  -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.update                  absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.make-administrator      -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.make-administrator      absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.unmake-administrator    -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.unmake-administrator    absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.disable                 -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.disable                 absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.enable                  -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.enable                  absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.rename                  -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.rename                  absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.reset-password          -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.reset-password          absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  accounts.delete                  -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  accounts.delete                  absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  invitations.create               -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  invitations.list                 -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  invitations.revoke               -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  links.show                       -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  links.accept                     -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    409   403       ok   409
  links.choose-password            -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok
  document.show                    -        ok     401   401      401      ok       ok     ok     ok       ok    ok   ok    ok    ok  ok     ok    ok        ok   ok

  audit.list                       -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  ledger.verify                    -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  doctor.examine                   -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  audit.of                         -        401    401   401      401      404      403    403    404      404   403  ok    403   ok  403    404   403       ok   ok
  audit.of                         nowhere  401    401   401      401      404      404    404    404      404   404  404   404   404 404    404   403       ok   ok
  keys.list                        -        401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       ok   ok
  keys.withdraw                    absent   401    401   401      401      403      403    403    403      403   403  403   403   403 403    403   403       404  404
  sessions.list                    -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  sessions.end                     -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409
  sessions.end                     another  401    401   401      401      404      404    404    404      404   ok   404   403   404 403    403   403       404  409
  sessions.end-others              -        401    401   401      401      ok       ok     ok     ok       ok    ok   ok    403   ok  403    403   403       ok   409`;

export interface Row {
  readonly endpoint: string;
  readonly of: string;
  /** `ok` or a status, by column. */
  readonly answers: ReadonlyMap<string, string>;
}

export const COLUMNS: readonly string[] = wordsOf(ANSWERS.trim().split('\n')[0] ?? '').slice(2);

export const ROWS = rowsOf(ANSWERS);

function rowsOf(table: string): readonly Row[] {
  const lines = table.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(1).map((line) => {
    const [endpoint = '', of = '', ...answers] = wordsOf(line);
    if (answers.length !== COLUMNS.length) throw new Error(`a cell is missing in: ${line}`);
    return { endpoint, of, answers: new Map(answers.map((each, n) => [COLUMNS[n] ?? '', each])) };
  });
}

function wordsOf(line: string): readonly string[] {
  return line.trim().split(/ +/);
}
