# The rules that `pli init` writes, as text in the program; recipes to copy, and their tests.
lua/policy.inc: lua/policy.lua
	@$(MKDIR_P) lua
	$(AM_V_GEN)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $(srcdir)/lua/policy.lua > $@
BUILT_SOURCES += lua/policy.inc
CLEANFILES += lua/policy.inc
cli/init.$(OBJEXT): lua/policy.inc

RECIPES = lua/recipes/absence-redirect lua/recipes/allow-list lua/recipes/archive-copy lua/recipes/attachments \
  lua/recipes/dnsbl-reject lua/recipes/quarantine-fact lua/recipes/sender-restrict lua/recipes/sender-route \
  lua/recipes/size-route lua/recipes/subject-folder
luadir = $(pkgdatadir)/lua
dist_lua_DATA = lua/policy.lua lua/policy_test.lua
recipesdir = $(luadir)/recipes
dist_recipes_DATA = $(RECIPES:=.lua) $(RECIPES:=_test.lua) lua/recipes/plain.eml lua/recipes/program.eml \
  lua/recipes/tagged.eml
recipelistsdir = $(recipesdir)/lists
dist_recipelists_DATA = lua/recipes/lists/announcers.domains lua/recipes/lists/partners.cidr \
  lua/recipes/lists/unwanted.cidr
